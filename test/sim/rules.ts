/**
 * The rules as switches of the simulation. Nothing here reaches production: each switched-off rule is
 * a wrapper around what the shipped classes are given, so that they behave as if the rule were missing.
 */
import type { ChainDeps, L0Bytes } from '#storage/catalog/chain.ts'
import { parseL0Key } from '#storage/catalog/names.ts'
import { asFields, asCount } from '#storage/catalog/shape.ts'
import type { SnapshotDeps } from '#storage/catalog/snapshot.ts'
import type { Root } from '#storage/catalog/root.ts'
import type { Store } from '#storage/objects/store.ts'
import { isCode } from '#base/errors.ts'
import { objectMissing } from '#storage/objects/errors.ts'
import { simCodec } from './rows.ts'

/** A rule that is switched off, by the name of appendix A of the protocol's design where it has one. */
export const variants = {
  allRules: 'every rule holds',
  adoptUnchecked: 'R2 and R4 do not hold when an object is adopted or a chain recovered',
  noPin: 'R4: listed objects are read without their etag',
  noFloorCheck: 'R2: the floor is not looked at after a create',
  rootFirst: 'R3: the root is read before L0 is listed',
  nameWithEnd: 'R1: names hold the end offset too',
  deleteBeforeCommit: 'R7: inputs are deleted before the root is committed',
  noConflict: 'R5: a loser commits again although its floors moved',
  rootBeforeNodes: 'R6: the root is created before what it names',
  noPins: 'R7: in one process, retired objects go although a snapshot is pinned',
  noSync: 'the Log acknowledges without a sync',
  noRunPins: 'runs that a query reads are used again',
  forgetEarly: 'the Log is shortened before its rows are in blocks',
  replayAgain: 'a replay that died begins again with rows that are in runs already',
} as const

export type Variant = keyof typeof variants

/** Which world shows what a variant breaks. */
export const processVariants: readonly Variant[] = [
  'allRules',
  'noPins',
  'noSync',
  'noRunPins',
  'forgetEarly',
  'replayAgain',
]
export const fleetVariants: readonly Variant[] = [
  'allRules',
  'adoptUnchecked',
  'noPin',
  'noFloorCheck',
  'rootFirst',
  'nameWithEnd',
  'deleteBeforeCommit',
  'noConflict',
  'rootBeforeNodes',
]

/** What a chain is given, with its rules as the variant has them; `around` runs one of its commits. */
export function chainDeps(
  variant: Variant,
  deps: ChainDeps,
): { deps: ChainDeps; around: <T>(commit: () => Promise<T>) => Promise<T> } {
  let committing = false
  let adopting = false
  const around = async <T>(commit: () => Promise<T>): Promise<T> => {
    committing = true
    try {
      return await commit()
    } finally {
      committing = false
    }
  }
  const blind = (root: Root): Root => ({ ...root, floors: {} })
  const newestRoot: ChainDeps['newestRoot'] = async () => {
    const root = await deps.newestRoot()
    if (variant === 'noFloorCheck' && committing) return blind(root)
    if (variant === 'adoptUnchecked' && committing && adopting) return blind(root)
    return root
  }
  const readL0: ChainDeps['readL0'] = (place) =>
    deps.readL0(variant === 'adoptUnchecked' ? { ...place, etag: null } : place)
  const createIfAbsent: Store['createIfAbsent'] = async (key, bytes) => {
    const outcome = await deps.store.createIfAbsent(key, bytes)
    adopting = outcome === 'exists'
    return outcome
  }
  const list: Store['list'] = (prefix, options) => deps.store.list(prefix, options)
  return { deps: { ...deps, newestRoot, readL0, store: { list, createIfAbsent } }, around }
}

/** What a reader is given. */
export function readerDeps(variant: Variant, deps: SnapshotDeps): SnapshotDeps {
  if (variant === 'noPin') {
    return { ...deps, readL0: (place) => deps.readL0({ ...place, etag: null }) }
  }
  if (variant !== 'rootFirst') return deps
  let early: Root | null = null
  return {
    ...deps,
    store: {
      list: async (prefix, options) => {
        early = await deps.newestRoot()
        return deps.store.list(prefix, options)
      },
    },
    newestRoot: async () => early ?? deps.newestRoot(),
  }
}

/** The store of an actor, with names or the order of writes as the variant has them. */
export function actorStore(variant: Variant, store: Store): Store {
  if (variant === 'nameWithEnd') return withEndInNames(store)
  if (variant === 'rootBeforeNodes') return withRootFirst(store)
  return store
}

/** L0 names on the inside get the end offset; on the outside they look as ever, and etags tell them apart. */
function withEndInNames(store: Store): Store {
  const realByEtag = new Map<string, string>()
  let lastCreated = ''
  const real = (key: string, etag: string | undefined) =>
    parseL0Key(key) === null ? key : (realByEtag.get(etag ?? '') ?? lastCreated)
  return {
    ...store,
    list: async (prefix, options) => {
      const listed = await store.list(prefix, options)
      return listed.map((info) => {
        if (!info.key.startsWith('l0/')) return info
        realByEtag.set(info.etag, info.key)
        return { ...info, key: info.key.replace(/-\d+$/, '') }
      })
    },
    get: (key, range, options) => store.get(real(key, options?.ifMatch), range, options),
    createIfAbsent: (key, bytes) => {
      if (parseL0Key(key) === null) return store.createIfAbsent(key, bytes)
      const { entry } = asFields(simCodec.decode(bytes, key), key)
      const end = asCount(asFields(entry, key)['toOffset'], key)
      lastCreated = `${key}-${end}`
      return store.createIfAbsent(lastCreated, bytes)
    },
    delete: async (key) => {
      for (const { key: found } of await store.list(key)) await store.delete(found)
    },
  }
}

/** Nodes and blocks are held back until the next root was created. */
function withRootFirst(store: Store): Store {
  const held: [string, Uint8Array][] = []
  return {
    ...store,
    get: async (key, range, options) => {
      const own = held.find(([name]) => name === key)
      if (own !== undefined) return { bytes: own[1], etag: '' }
      return store.get(key, range, options)
    },
    createIfAbsent: async (key, bytes) => {
      const isNode = key.startsWith('catalog/') && !key.includes('/root/')
      if (isNode) {
        held.push([key, bytes])
        return 'created'
      }
      const outcome = await store.createIfAbsent(key, bytes)
      if (key.includes('/root/')) {
        for (const [name, late] of held.splice(0)) await store.createIfAbsent(name, late)
      }
      return outcome
    },
  }
}

/** An L0 object as its writer gives it, for messages. */
export function showL0({ start, end }: L0Bytes): string {
  return `[${start}, ${end})`
}

/** Whether an object was gone. */
export function isMissing(error: unknown): boolean {
  return isCode(error, objectMissing)
}
