/** A run that decides whether a change lands must come out the same each time. */
const LANDING = 20261124;

/** What random cases are drawn from: fresh each time, unless it is given or CI is set. */
export const SEED = Number(
  process.env.QCOW2_PEER_SEED ?? (process.env.CI ? LANDING : Date.now() % 2 ** 32),
);
