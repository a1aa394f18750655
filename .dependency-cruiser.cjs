// The tower (CONTRIBUTING.md): worker → activities → src → workflows → runbooks. An import points down, never up.
const product = '^(runbooks|workflows|src|activities|worker)/';

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    {
      name: 'runbooks-import-zod-alone',
      comment: 'The language is pure: a runbook made today must be the one made tomorrow.',
      severity: 'error',
      from: { path: '^runbooks/' },
      to: { pathNot: ['^runbooks/', '(^|/)node_modules/zod/'] },
    },
    {
      name: 'workflows-import-runbooks-alone',
      comment: 'Whatever a workflow imports is replayed, and so must never change its mind.',
      severity: 'error',
      from: { path: '^workflows/' },
      to: { pathNot: ['^(workflows|runbooks)/', '(^|/)node_modules/@temporalio/(workflow|common)/'] },
    },
    {
      name: 'src-below-activities',
      comment: 'Faces and services know neither how the world is touched nor how processes are started.',
      severity: 'error',
      from: { path: '^src/' },
      to: { path: '^(activities|worker)/' },
    },
    {
      name: 'cli-talks-to-the-api',
      comment: 'The client is a program of its own: it reaches the daemon over HTTP.',
      severity: 'error',
      from: { path: '^src/cli/' },
      to: { path: ['^(activities|worker)/', '(^|/)node_modules/@temporalio/(worker|activity)/'] },
    },
    {
      name: 'nothing-rests-on-a-face',
      comment: 'What two faces say alike stands in src/story, below both.',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/cli/' },
      to: { path: '^src/cli/' },
    },
    {
      name: 'story-below-faces',
      severity: 'error',
      from: { path: '^src/story/' },
      to: { path: '^src/(cli|slack|pagerduty)/' },
    },
    {
      name: 'gates-are-pure',
      comment: 'The same samples give the same verdict: live, replayed, resumed.',
      severity: 'error',
      from: { path: '^src/gates/' },
      to: { pathNot: ['^src/gates/', '^runbooks/', '(^|/)node_modules/zod/'] },
    },
    {
      name: 'activities-below-worker',
      severity: 'error',
      from: { path: '^activities/' },
      to: { path: '^worker/' },
    },
    {
      name: 'product-without-tools',
      comment: 'What is installed from the package has neither tools, tests nor development dependencies.',
      severity: 'error',
      from: { path: product },
      to: { path: '^(test|tools|bin|dist)/' },
    },
    {
      name: 'product-without-dev-dependencies',
      severity: 'error',
      from: { path: product },
      to: { dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown'], dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'no-cycle',
      comment: 'Types may refer to one another; modules that run may not wait for one another.',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    {
      name: 'resolvable',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
  ],
  options: {
    doNotFollow: { path: '(^|/)node_modules/' },
    exclude: { path: '^dist/' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default', 'types'],
    },
  },
};
