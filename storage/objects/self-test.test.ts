import { test } from 'node:test'
import { systemClock } from '#base/clock.ts'
import { isCode } from '#base/errors.ts'
import { seededRandom } from '#base/random.ts'
import { storeUnfit } from './errors.ts'
import { memoryStore } from './memory.ts'
import { selfTest } from './self-test.ts'
import type { Store } from './store.ts'

const fresh = () => memoryStore(systemClock)

test('an honest store is fit and left as it was', async (t) => {
  const store = fresh()
  await selfTest(store, seededRandom(1))
  t.assert.deepEqual(await store.list(''), [])
})

test('servers that lie are refused by what they did', async (t) => {
  const check = async (broken: Store, message: RegExp) => {
    await t.assert.rejects(selfTest(broken, seededRandom(1)), (error) => {
      t.assert.match(String(error), message)
      return isCode(error, storeUnfit)
    })
  }
  const ignoresCondition = (): Store => {
    const store = fresh()
    const createIfAbsent: Store['createIfAbsent'] = async (key, bytes) => {
      await store.delete(key)
      return store.createIfAbsent(key, bytes)
    }
    return { ...store, createIfAbsent }
  }
  const checksThenWrites = (): Store => {
    const store = fresh()
    const createIfAbsent: Store['createIfAbsent'] = async (key, bytes) => {
      const present = (await store.list(key)).length > 0
      await store.list(key)
      if (present) return 'exists'
      await store.createIfAbsent(key, bytes)
      return 'created'
    }
    return { ...store, createIfAbsent }
  }
  await check(ignoresCondition(), /a create of a key that exists succeeded|of 16 exclusive/)
  await check(checksThenWrites(), /of 16 exclusive creates/)
  const store = fresh()
  await check({ ...store, list: async () => [] }, /not listed right after/)
  const ignoresRange = fresh()
  await check({ ...ignoresRange, get: (key, _, how) => ignoresRange.get(key, null, how) }, /range/)
  const ignoresMatch = fresh()
  await check({ ...ignoresMatch, get: (key, range) => ignoresMatch.get(key, range) }, /If-Match/)
  const keeps = fresh()
  await check({ ...keeps, delete: async () => {} }, /can still be read/)
})
