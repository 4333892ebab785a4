import { setImmediate } from 'node:timers/promises'
import { test, type TestContext } from 'node:test'
import v8 from 'node:v8'
import vm from 'node:vm'
import { setKeptShare } from '../bytes/kept.ts'
import { holdShapes } from './shapes.ts'

v8.setFlagsFromString('--expose-gc')
const collect = vm.runInNewContext('gc') as () => void // the function that the flag exposes
v8.setFlagsFromString('--no-expose-gc')

/** Holds a new object and says whether it is still there after a collection. */
function hold(): () => Promise<boolean> {
  const made = new WeakRef(makeHeld())
  return async () => {
    // An object that a WeakRef was made for or asked for lives until the end of its turn.
    await setImmediate()
    collect()
    return made.deref() !== undefined
  }
}

function makeHeld(): object {
  const object = { rows: 1 }
  holdShapes('test', [object])
  return object
}

test('objects are held until others of the same work are', async (t: TestContext) => {
  const first = hold()
  t.assert.equal(await first(), true)
  const second = hold()
  t.assert.deepEqual([await first(), await second()], [false, true])
  holdShapes('test', [])
  t.assert.equal(await second(), false)
})

test('where memory is short nothing is held', async (t: TestContext) => {
  setKeptShare(0.5)
  t.after(() => setKeptShare(1))
  const held = hold()
  t.assert.equal(await held(), false)
})
