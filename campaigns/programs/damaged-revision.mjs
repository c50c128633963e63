// The verbs of migrations on a folder of revisions that is damaged. Answers what each gave.
import { check, downgrade, history, revision, status, upgrade } from 'plinth'
import { answer } from '../support/children.mjs'
import { faultOf } from '../support/ledger.mjs'
import { second } from '../support/revised-models.mjs'

const VERBS = {
  status,
  history,
  check: options => check({ ...options, models: second, prove: false, dialects: ['sqlite'] }),
  revision: options => revision({ ...options, models: second, message: 'more', prove: false, dialects: ['sqlite'] }),
  sql: options => upgrade({ ...options, sql: true }),
  upgrade,
  downgrade: options => downgrade({ ...options, to: '-1' }),
}

answer(async ({ verbs, ...options }) => {
  const results = {}
  for (const verb of verbs) {
    try {
      await VERBS[verb](options)
      results[verb] = {}
    } catch (error) {
      results[verb] = { code: error.code, fault: faultOf(error) }
    }
  }
  return results
})
