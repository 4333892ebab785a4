/**
 * The rooms as checked rules: which room may import which. The table is the one of ARCHITECTURE.md;
 * loosening it means the design is wrong, so say so in a decision before changing a line here.
 */
const may = {
  base: '',
  schemas: 'base',
  storage: 'base schemas',
  query: 'base schemas',
  cluster: 'base schemas',
  receiver: 'base schemas',
  distributor: 'base schemas cluster',
  ingester: 'base schemas storage cluster',
  querier: 'base schemas storage query cluster',
  compactor: 'base schemas storage cluster',
  ruler: 'base schemas query cluster',
}

const rooms = Object.entries(may).map(([room, others]) => ({
  name: `${room}-imports`,
  severity: 'error',
  comment: `${room}/ may import: ${others || 'nothing of ours'}`,
  from: { path: `^${room}/`, pathNot: '[.](test|bench)[.]ts$' },
  to: {
    dependencyTypesNot: ['core'],
    pathNot: `^(${['node_modules', room, ...others.split(' ')].filter(Boolean).join('|')})/`,
  },
}))

export default {
  forbidden: [
    ...rooms,
    {
      name: 'no-cycles',
      severity: 'error',
      comment: 'A cycle means two files are one idea, or a type is in the wrong room.',
      from: {},
      to: { circular: true },
    },
    {
      name: 'query-is-pure',
      severity: 'error',
      comment: 'query/ does no input or output: declare what is needed as a Source.',
      from: { path: '^query/', pathNot: '[.](test|bench)[.]ts$' },
      to: { dependencyTypes: ['core'] },
    },
    {
      name: 'nothing-imports-tests',
      severity: 'error',
      comment: 'Production code never imports test/, bench/, scripts/ or a test file.',
      from: { pathNot: '^(test|bench|scripts)/|[.](test|bench)[.]ts$' },
      to: { path: '^(test|bench|scripts)/|[.]test[.]ts$' },
    },
    {
      name: 'doors-only-in-base',
      severity: 'error',
      comment: 'Only base/http and base/grpc open sockets.',
      from: {
        path: '^(schemas|storage|query|cluster|receiver|distributor|ingester|querier|compactor|ruler)/',
        pathNot: '[.]test[.]ts$',
      },
      to: { path: '^(node:)?(net|http|http2|https|tls|dgram)$' },
    },
    {
      name: 'disk-only-in-storage',
      severity: 'error',
      comment: 'Only storage/ touches disk or S3.',
      from: {
        path: '^(schemas|query|cluster|receiver|distributor|ingester|querier|compactor|ruler)/',
        pathNot: '[.]test[.]ts$',
      },
      to: { path: '^(node:)?(fs|fs/promises|sqlite)$' },
    },
  ],
  options: {
    parser: 'swc',
    tsPreCompilationDeps: true,
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '[.]as[.]ts$' },
    enhancedResolveOptions: {
      conditionNames: ['import', 'node', 'default'],
      extensions: ['.ts', '.mjs', '.js'],
    },
  },
}
