import type { PhraseTable } from "../language.ts";
import { nameOfWords, phraseTable, wordSet } from "../tables.ts";

/** What a prompt that begins with a verb wants done with what it gives. Any two exclude each other. */
export const tasks: ReadonlyMap<string, string> = nameOfWords(`
summarize: summarize summarise sum tldr recap condense
translate: translate
explain: explain describe elaborate clarify
classify: classify categorize categorise label
rewrite: rewrite rephrase reword paraphrase
proofread: proofread spellcheck
shorten: shorten
expand: expand lengthen
write: write compose draft generate create
compare: compare contrast
fix: fix debug repair
review: critique evaluate assess
extract: extract
rank: rank sort
calculate: calculate compute solve
define: define
prove: prove
convert: convert
implement: implement code program`);

/** Verbs that change something outside the answer. */
export const acts: ReadonlySet<string> = wordSet(`
send email text call phone book reserve order buy sell pay transfer cancel delete remove schedule set turn switch open close lock unlock play pause
stop start add create update change remind deposit withdraw move post publish upload download install uninstall deploy run execute activate
deactivate freeze unfreeze report submit register subscribe unsubscribe renew return refund block unblock share invite print restart reboot reset
mute snooze dim connect disconnect sync erase put dispute redeem roll flip`);

export const formats: PhraseTable = phraseTable(`
json: json, jsonl
yaml: yaml, yml
xml: xml
csv: csv, comma separated
markdown: markdown
html: html
latex: latex
table: as a table, in a table, table format, tabular, in table form
bullets: bullet, bullets, bullet points, bullet point, bulleted, bullet list
numbered: numbered list, numbered
list: as a list, in a list, list format
code: as code, in code, code only, code block, code snippet
poem: poem, haiku, sonnet, limerick, rhyme
song: as a song
essay: essay
story: as a story, short story
letter: as a letter, in a letter, formal letter
email: as an email, in an email, email format
tweet: as a tweet, in a tweet
diagram: diagram, flowchart, mermaid
chart: as a chart, bar chart, pie chart
plain: plain text, without formatting
prose: in prose, in paragraphs, as prose
uppercase: in uppercase, in capitals, all caps
lowercase: in lowercase
regex: regex, regular expression
sql: sql
yes-or-no: yes or no`);

export const lengths: PhraseTable = phraseTable(`
brief: brief, briefly, concise, concisely, in short, short answer, short summary, short version, short explanation, succinct, succinctly, in a nutshell, quick summary, keep it short, tldr, in a few words
detailed: detailed, in detail, in depth, thorough, thoroughly, comprehensive, comprehensively, long answer, long version, at length, elaborate, extensive, extensively, full explanation, in full
word: one word, single word, in a word
sentence: one sentence, single sentence, in a sentence
paragraph: one paragraph, single paragraph, in a paragraph
page: one page, single page
steps: step by step, stepwise
simple: simple terms, simple words, simple language, layman, laymans, in plain english, for dummies, for a child, for kids, for a beginner, for beginners, like i am five, eli5, like i am 5
expert: for an expert, for experts, technical terms, advanced level, for a professional
formal: formal, formally, formal tone
informal: informal, informally, casual, casually, casual tone, friendly tone
humorous: funny, humorous, sarcastic`);

export const freshness: PhraseTable = phraseTable(`
-: from now on, until now, now that, by now, just now
now: now, right now, currently, current, at the moment, at present, presently, at this moment, at this time, as of now, real time, realtime, present day, these days, nowadays
today: today, tonight, this morning, this afternoon, this evening, todays, as of today
latest: latest, newest, most recent, recent, recently, up to date, lately, breaking, last updated
tomorrow: tomorrow, tomorrows
yesterday: yesterday, yesterdays, last night
this-week: this week, this weekend
this-month: this month
this-year: this year
next-week: next week, next weekend
next-month: next month
next-year: next year
last-week: last week, last weekend
last-month: last month
last-year: last year`);
