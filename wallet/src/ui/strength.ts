/** How strong a passphrase is, in three steps: a rough word for people, not a measure. */

const MIN_CHARACTERS = 8;
const STRONG_CHARACTERS = 24;
const STRONG_WORDS = 4;

export type Strength = 0 | 1 | 2 | 3;

/** Return 0 for nothing, 1 for too short, 2 for good, 3 for strong. */
export function strengthOf(passphrase: string): Strength {
  const characters = new Set(passphrase).size;
  const length = [...passphrase].length;
  if (length === 0) return 0;
  if (length < MIN_CHARACTERS || characters < MIN_CHARACTERS / 2) return 1;
  const words = passphrase.split(/\s+/).filter((word) => word.length > 2).length;
  return words >= STRONG_WORDS || length >= STRONG_CHARACTERS ? 3 : 2;
}
