/**
 * Pairs of opposites, and words that exclude each other where one stands for the other. General English, and the vocabulary of buying,
 * travelling, working and computing that prompts are made of.
 */
export const oppositeWords: string = `
buy purchase acquire | sell; long | short brief; call | put; lend | borrow; lender | borrower; buyer | seller;
bull bullish | bear bearish; profit gain win earn winner winning | loss lose loser losing;
increase rise grow growth raise climb gain higher up | decrease fall drop decline reduce reduction lower down shrink sink cut;
deposit | withdraw withdrawal; credit | debit; asset | liability;
income revenue earnings receive | expense cost deduction deductible owe; taxable | deductible exempt; refund | owe charge payment;
inherit | gift; fixed | variable; gross | net;
pre before prior earlier previous precede | post after later following next subsequent; first initial | last final;
start begin open launch | stop end finish close quit halt; beginning | ending; early earlier earliest | late later latest;
enable activate allow permit | disable deactivate forbid prevent prohibit deny disallow block; allow permit | deny;
accept approve agree | reject refuse decline disagree deny;
add insert include append attach | remove delete exclude subtract detach drop; create make build | destroy delete;
install | uninstall remove; connect join attach | disconnect separate detach leave; import | export; upload | download;
encode | decode; encrypt | decrypt; compress zip | decompress unzip extract; serialize | deserialize; push | pull; read | write;
send transmit | receive; save | spend waste; lock | unlock; show display reveal | hide conceal; expand | collapse shrink;
zoom-in | zoom-out; max maximum maximize most highest largest biggest greatest | min minimum minimize least lowest smallest fewest;
more | less fewer; many | few; much | little; high tall | low short; big large huge | small tiny little; wide broad | narrow;
deep | shallow; thick | thin; fat | thin slim; heavy | light; fast quick rapid | slow; hot warm | cold cool; warm | cool;
wet | dry; hard difficult | easy simple; hard | soft; strong | weak; rich wealthy | poor;
expensive costly | cheap inexpensive affordable;
good great better best excellent positive | bad poor worse worst terrible negative; right correct true | wrong incorrect false;
right | left; north northern | south southern; east eastern | west western; northeast | southwest; northwest | southeast;
inside indoor internal inner interior inbound incoming input | outside outdoor external outer exterior outbound outgoing output;
entrance enter entry arrive arrival | exit leave departure depart; arrival | departure; arrive | depart leave; come | go;
above over | below under beneath underneath; upper | lower; top | bottom; front | back rear; forward | backward reverse;
ascend ascending | descend descending; horizontal | vertical; odd | even; even | uneven; public | private; local | remote global;
domestic | international foreign; legal lawful | illegal unlawful; safe secure | dangerous unsafe risky;
healthy | sick ill unhealthy; alive live living | dead die; life birth | death; born | die; young younger | old older; new | old;
old | new modern; modern | ancient;
male man boy husband father son brother uncle king he | female woman girl wife mother daughter sister aunt queen she;
husband | wife; mother | father; son | daughter; brother | sister; parent | child; teacher | student; employer | employee;
landlord | tenant; doctor | patient; client | server; sender | receiver recipient; winner | loser;
love like adore enjoy | hate dislike detest; happy glad | sad unhappy; laugh | cry; friend | enemy; war | peace; day | night;
morning | evening; sunrise | sunset; summer | winter; full | empty; open | closed shut; always | never; everything | nothing;
everyone everybody | nobody; all | none some; both | neither; many | none; with | without; include including | exclude excluding;
support | oppose; pro pros advantage benefit strength | con cons disadvantage drawback weakness;
advantage benefit | disadvantage drawback; success succeed pass | failure fail; pass | fail; hire employ | fire dismiss;
attack offense offensive | defend defense defensive; attack | defend; cause | prevent; cure treat | cause; remember | forget;
simple | complex complicated; single individual | multiple plural; single | married double; singular | plural;
synchronous sync | asynchronous async; static | dynamic; mutable | immutable; abstract | concrete;
theory theoretical | practice practical; real actual | fake virtual imaginary; natural | artificial; manual | automatic automated;
active | inactive passive; visible | invisible; online | offline; on | off; front-end frontend | back-end backend;
client-side | server-side; positive | negative; plus add addition | minus subtract subtraction;
multiply multiplication | divide division; multiplication | addition; numerator | denominator;
integrate integral integration | differentiate derivative differentiation; absolute | relative; convex | concave; supply | demand;
wholesale | retail; owner | renter; own | rent; rent | buy; lease | buy; rough | smooth; sharp | blunt dull; tight | loose;
raw | cooked; fresh | stale frozen rotten; sweet | sour bitter; clean | dirty; bright | dark dim; dark | light; black | white;
loud noisy | quiet silent; near close nearest closest | far distant farthest; absent | present; past | future; past | present;
temporary | permanent; permanent | temporary; optional | mandatory required compulsory; required | optional;
common usual frequent | rare unusual; general | specific; similar same alike | different opposite; equal | unequal;
agree | disagree; majority | minority; maximum | minimum; wake awake | sleep asleep; arrive | leave; lead leader | follow follower;
rise | set; float | sink; freeze | thaw melt unfreeze; boil | freeze; heat warm | cool chill; charge | discharge; inhale | exhale;
inflate inflation | deflate deflation; immigrate immigration | emigrate emigration; liquid | solid gas;
acid acidic | alkaline base basic; guilty | innocent; victory | defeat; human | machine; vertical | horizontal; debit | credit;
renew extend | cancel terminate; cancel | confirm keep place; place | cancel track; subscribe | unsubscribe cancel;
register enroll | unregister withdraw; login | logout; mute | unmute; pause | resume play; play | pause stop; undo | redo;
commit | revert rollback; merge | split; gain | lose; win | lose draw; breakfast | lunch dinner; lunch | dinner; inner | outer;
minor | major; major | minor; junior | senior; adult | child; amateur | professional; beginner | expert; introvert | extrovert;
optimist | pessimist; liberal left | conservative right; democrat democratic | republican; carnivore | herbivore; predator | prey;
latitude | longitude; sender | receiver; parallel | serial perpendicular; series | parallel; analog | digital; wired | wireless;
paid | free unpaid; free | paid; guest | host; cheap cheaper cheapest | expensive; faster fastest | slower slowest;
better best | worse worst; bigger biggest larger largest | smaller smallest; longer longest | shorter shortest;
taller tallest | shorter shortest; older oldest | younger youngest newer newest; hotter hottest | colder coldest;
stronger strongest | weaker weakest; easier easiest | harder hardest; richer richest | poorer poorest;
nearer nearest | farther farthest; higher highest | lower lowest`;

/** Small words that are opposites only where one stands in the other's place. */
export const oppositeParticles: string = `
on | off; in | out; up | down; to | from; into | out; before | after; over | under; above | below; and | or; all | some none;
always | sometimes never; here | there; he | she; him | her; his | her; my | your his her their; i | you; me | you him her them;
this | last next; for | against; with | without; more | less`;
