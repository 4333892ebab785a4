/** `npm run places -- [--seeds N] [--seed S] [--questions N]`: runs N seeds from S on; exits 1 when an answer was wrong. */
import { readOptions } from '#scripts/options.ts'
import { runSeed } from './run.ts'

const { options } = readOptions({ seeds: 100, seed: 1, questions: 100 })
let [questions, answered, failures] = [0, 0, 0]
for (let seed = options.seed; seed < options.seed + options.seeds; seed++) {
  const outcome = await runSeed(seed, options.questions)
  questions += outcome.questions
  answered += outcome.answered
  failures += outcome.failures.length
  for (const failure of outcome.failures) console.log(failure)
}
console.log(`${questions} questions, ${answered} without an error, ${failures} answered wrongly`)
process.exit(failures === 0 ? 0 : 1)
