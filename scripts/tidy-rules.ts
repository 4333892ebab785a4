/**
 * The rules of the tidy test that are about the text of a file: what may not stand where, what stands
 * there instead, and why. `offenders` holds the lines that broke a rule when it was made: a number may
 * only fall, and a file that is not listed has none.
 */

export interface Ban {
  readonly name: string
  /** What a line may not hold. */
  readonly pattern: RegExp
  /** Files the rule is about. */
  readonly files: RegExp
  /** Files it is not about. */
  readonly except: RegExp
  /** Looks at comments too. */
  readonly comments?: true
  /** What to write instead, and why. */
  readonly instead: string
  readonly offenders?: Readonly<Record<string, number>>
}

const code = /\.ts$/
const production =
  /^(base|schemas|storage|query|cluster|receiver|distributor|ingester|querier|compactor|ruler|cmd)\/(?!.*\.test\.ts$).*\.ts$/
const nowhere = /^$/

export const bans: readonly Ban[] = [
  {
    name: 'wall clock',
    pattern: /\bDate\.now\b|\bnew Date\(\)|\bperformance\.now\b/,
    files: code,
    except: /^base\/clock\.ts$|^scripts\/tidy\.test\.ts$/,
    instead: 'take a Clock (base/clock.ts): a simulation and a test must be able to set the time',
  },
  {
    name: 'timers',
    pattern: /\b(setTimeout|setInterval|setImmediate)\(|\bprocess\.hrtime\b/,
    files: production,
    except: /^base\/clock\.ts$/,
    instead:
      'use Clock.after (base/clock.ts) or base/flow/every.ts: a timer is part of the schedule',
  },
  {
    name: 'randomness',
    pattern: /\bMath\.random\b|\brandomUUID\b|\brandomBytes\b|\bgetRandomValues\b/,
    files: code,
    except: /^base\/random\.ts$/,
    instead: 'take a Random (base/random.ts): a run must be repeatable from its seed',
  },
  {
    name: 'environment',
    pattern: /\bprocess\.env\b/,
    files: production,
    except: /^cmd\//,
    instead: 'declare a setting in the config.ts of the room: only cmd/ reads the environment',
  },
  {
    name: 'signal names',
    pattern: /'(logs|metrics|traces)'/,
    files: production,
    except: /^(schemas|receiver|query|querier|cmd)\//,
    instead: 'put what differs into schemas/signals/: a fourth signal must not change this file',
    offenders: {
      'distributor/limits.ts': 6,
      'ingester/index.ts': 1,
      'ingester/ingest-worker.ts': 3,
      'storage/catalog/root.ts': 1,
    },
  },
  {
    name: 'status numbers',
    pattern: /\bstatus(Code)?['"]?\s*[:=(]+\s*[1-5]\d\d\b|\bc\.(json|text|body)\(.*,\s*[1-5]\d\d\b/,
    files: production,
    except: /^base\/status\.ts$/,
    instead: 'use statusOf or httpStatus (base/status.ts): the HTTP and gRPC tables must agree',
  },
  {
    name: 'errors apart',
    pattern: /\bdefineError\(/,
    files: production,
    except: /(^|\/)errors\.ts$/,
    instead: 'declare it in the errors.ts of the room: docs/errors.md is made from those files',
  },
  {
    name: 'leftovers',
    pattern: /\b(TODO|FIXME|XXX|HACK)\b/,
    files: code,
    except: /^scripts\/tidy-rules\.ts$/,
    comments: true,
    instead: 'do it, or say in docs what is not built',
  },
  {
    name: 'console',
    pattern: /\bconsole\./,
    files: production,
    except: /^cmd\//,
    instead: 'use base/log.ts: logs are structured',
  },
  {
    name: 'machine paths',
    pattern: /(^|[\s'"`(=])\/work\/|registry\.npmjs/,
    files: /./,
    except: nowhere,
    comments: true,
    instead: 'name nothing of the machine it was written on',
  },
]
