// Habits of words that readers stumble over, in documents, comments and messages; each with plain words for it.

/** People and processes that `who` may follow. */
const PERSONS = 'a|the|any|each|every|one|first|last|those|person|people|user|users|developer|reader|caller|someone'
/** Words before `where` that show that it means `if`. */
const BEFORE_IF = 'none|null|undefined|only|except|nothing|empty|even|unless|else'
/** Words after `What` or `Who` that make it a question, or the object of a sentence. */
const AFTER_WHAT = 'is|are|was|were|does|do|did|can|must|should|to|happens|has|have'

/** @type {[pattern: RegExp, plain: string][]} */
const HABITS = [
  [/\b(whoever|nobody)\b/gi, 'name the user, the process or the caller'],
  [new RegExp(`(?<!\\b(${PERSONS})) who\\b`, 'gi'), 'name the user, the process or the caller'],
  [/\b(that|which|what) (is|are|was|were|has been|had been) there\b/gi, '"existing"'],
  [/\b(is|are|was|were) (not )?(already there|there already|not there|there as well|there at all)\b/gi, '"exists"'],
  [/\bbut for\b/gi, '"except"'],
  [/(?<!\bthere )\b(is|are|was|were) no (?!longer|more)(?=\w+( \w+)?[,.;:]|\w+$)/gi, '"is not a"'],
  [new RegExp(`\\bwhere (there|no|nothing|none|one)\\b|\\b(${BEFORE_IF}) where\\b`, 'gi'), '"if"'],
  [/\b(told|untold|said)\b/gi, '"reported", "passed", "specified"'],
  [/\bsays? so\b/gi, 'name the report'],
  [
    /(?<!\b(by|until|of|since|and|or|write)) then[.;](?=\s|$)/gi,
    'begin with the condition: "After an error ...", "If ..."',
  ],
  [new RegExp(`(^|[.:;] )(What|Who|Whoever) (?!(${AFTER_WHAT})\\b)[^?]*?[.:;,]`, 'g'), 'begin with a noun'],
  [/(^|[.:;] )Where (?!(is|are|was|were|does|do|did|can|must|should|to)\b)[^.?]*?,/g, 'begin with "if" or a noun'],
]

/**
 * The habits in a text, without those in its code spans.
 * @param {string} text
 * @returns {{ found: string, plain: string }[]}
 */
export function habitsIn(text) {
  const words = text.replaceAll(/(`+)[\s\S]*?\1/g, 'code')
  return HABITS.flatMap(([pattern, plain]) =>
    [...words.matchAll(pattern)].map(([found]) => ({ found: found.trim(), plain })),
  )
}
