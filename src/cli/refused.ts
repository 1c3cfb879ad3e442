/** A request that makes no sense, or an image that cannot be used: one line for stderr. */
export class Refused extends Error {}
