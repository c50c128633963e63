/** Whether a type is one type, not a union of several. */

/** `true` where `K` is one type; `boolean` or `false` where it is a union; `never` of `never`. */
export type Single<K, U = K> = K extends unknown ? ([U] extends [K] ? true : false) : never
