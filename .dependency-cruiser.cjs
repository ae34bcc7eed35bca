// The arrows of the design: who may import whom.
const between = (from, to) => ({ from: { path: from }, to: { path: to } })
/** Tests, and what they share: builders, contracts, random histories, a gateway with a schema of its own, a stand-in for a server. */
const testing = '\\.(test|contract)\\.ts$|(^|[./])given\\.ts$'
const apart = (one, other) => [
  { name: `${one}-knows-no-${other}`, severity: 'error', ...between(`^command/${one}/`, `^command/${other}/`) },
  { name: `${other}-knows-no-${one}`, severity: 'error', ...between(`^command/${other}/`, `^command/${one}/`) },
]

module.exports = {
  forbidden: [
    { name: 'command-knows-no-query', severity: 'error', ...between('^command/', '^query/') },
    { name: 'query-knows-no-command', severity: 'error', ...between('^query/', '^command/') },
    // The paths through other modules are forbidden with the direct ones: nothing outside is imported at all.
    {
      name: 'kernel-knows-no-domain',
      severity: 'error',
      from: { path: '^kernel/' },
      to: { path: '^(command|query|events|schema|server|bench|simulator|test|examples)/' },
    },
    { name: 'deciding-knows-no-projecting', severity: 'error', ...between('^kernel/deciding/', '^kernel/projecting/') },
    { name: 'projecting-knows-no-deciding', severity: 'error', ...between('^kernel/projecting/', '^kernel/deciding/') },
    {
      name: 'store-knows-neither-side',
      severity: 'error',
      from: { path: '^kernel/', pathNot: ['^kernel/(deciding|projecting)/', '^kernel/index\\.ts$'] },
      to: { path: '^kernel/(deciding|projecting)/' },
    },
    {
      name: 'examples-use-the-public-kernel',
      severity: 'error',
      from: { path: '^examples/' },
      to: {
        path: '^(kernel|command|query|events|schema|server|bench|simulator|test)/',
        pathNot: ['^kernel/index\\.ts$', '^kernel/deciding/given\\.ts$'],
      },
    },
    {
      name: 'nothing-inside-imports-the-public-kernel',
      comment: 'The parts of the kernel and the shop import each other by their own paths.',
      severity: 'error',
      from: { pathNot: '^(examples/|kernel/index\\.ts$)' },
      to: { path: '^(kernel/index\\.ts$|examples/)' },
    },
    { name: 'events-knows-neither-side', severity: 'error', ...between('^events/', '^(command|query|schema)/') },
    { name: 'schema-knows-neither-side', severity: 'error', ...between('^schema/', '^(command|query)/') },
    {
      name: 'nothing-imports-server',
      severity: 'error',
      ...between('^(kernel|command|query|events|schema)/', '^server/'),
    },
    ...apart('customer', 'order'),
    ...apart('customer', 'product'),
    ...apart('order', 'product'),
    {
      name: 'client-knows-no-desk',
      severity: 'error',
      ...between('^server/client/', '^(command|query|schema|server/(?!client/))'),
    },
    {
      name: 'importer-is-a-client',
      severity: 'error',
      ...between('^server/import/', '^(command|query|server/(?!client/|import/))'),
    },
    {
      name: 'operator-is-a-client',
      severity: 'error',
      ...between('^server/parked/', '^(command|query|server/(?!client/|parked/))'),
    },
    {
      name: 'one-module-knows-the-client-of-nats',
      severity: 'error',
      from: {
        path: '^(kernel|command|query|events|schema|server|bench|examples|test)/',
        pathNot: '^kernel/messaging/nats(-connection)?\\.ts$',
      },
      to: { path: '^node_modules/(nats|@nats-io)/' },
    },
    {
      name: 'production-imports-no-test',
      severity: 'error',
      from: { path: '^(kernel|command|query|events|schema|server|examples)/', pathNot: testing },
      to: { path: [testing, '^(test|simulator)/'] },
    },
    {
      name: 'no-cycles',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'no-orphans',
      severity: 'error',
      from: { orphan: true, pathNot: ['\\.d\\.ts$', '\\.generated\\.ts$', 'schema/generate\\.ts$', '\\.cjs$'] },
      to: {},
    },
    { name: 'every-import-resolves', severity: 'error', from: {}, to: { couldNotResolve: true } },
    {
      name: 'no-dev-dependency-in-production',
      severity: 'error',
      from: {
        path: '^(kernel|command|query|events|schema|server|examples)/',
        pathNot: [testing, '^schema/generate\\.ts$'],
      },
      to: { dependencyTypes: ['npm-dev'] },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'node', 'default'] },
  },
}
