// Amounts of money in tests.

/** 12.34 euros are 1,234 cents. */
export function euros(amount: number): number {
  return Math.round(amount * 100)
}
