import { test } from 'node:test'
import { queriesOf } from './board.ts'

test('queries are found with their language and variables', (t) => {
  const board = {
    templating: {
      list: [
        {
          name: 'job',
          current: { value: ['a', 'b'] },
          definition: 'label_values(up{x="$env"}, job)',
        },
        { name: 'env', current: { value: '$__all' }, allValue: '.+' },
      ],
    },
    panels: [
      { targets: [{ expr: 'rate(x{job=~"$job", env=~"${env:regex}"}[$__rate_interval])' }] },
      { datasource: { type: 'loki' }, targets: [{ expr: '{job="[[job]]"} |= "$other"' }] },
      { targets: [{ datasource: { type: 'tempo' }, query: '{ status = error }' }] },
      { datasource: { type: 'mysql' }, targets: [{ expr: 'select 1' }] },
    ],
  }
  t.assert.deepEqual(
    queriesOf(board).map(({ language, text }) => `${language}: ${text}`),
    [
      'promql: up{x=".+"}',
      'promql: rate(x{job=~"(a|b)", env=~".+"}[1m0s])',
      'logql: {job="(a|b)"} |= "$other"',
      'traceql: { status = error }',
    ],
  )
})
