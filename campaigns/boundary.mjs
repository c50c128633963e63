// The campaign of the boundary: garbage as arguments of every function that Plinth exports and every member of its handles. Each call succeeds
// or fails with an error that has a stable code; the process neither ends nor hangs, and Object.prototype stays as it is.
import { folder } from '../__test__/support/project.mjs'
import { Answering } from './support/children.mjs'

/** The number of calls of one try. */
const CALLS = 300

export async function boundary(campaign) {
  // A folder without a project: some of the calls look for one, or make files.
  const caller = new Answering(campaign, 'garbage-calls', folder(campaign))
  await campaign.repeat(async (_, seed) => {
    const result = await caller.ask({ seed, count: CALLS })
    if (!result) return
    campaign.faults += CALLS
    campaign.count('calls succeeded', result.succeeded)
    for (const fault of result.faults) campaign.lose(fault)
  })
}
