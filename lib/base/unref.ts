/** Timers that do not keep a process alive. */

/** Lets the process end although the timer has not fired. */
export function unref(timer: NodeJS.Timeout): void {
  // Test runners that imitate a browser have timers that are numbers.
  ;(timer as { unref?: () => void }).unref?.()
}
