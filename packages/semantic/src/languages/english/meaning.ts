/**
 * Pairs of opposites, and words that exclude each other where one stands for the other. General English, and the vocabulary of buying,
 * travelling, working and computing that prompts are made of.
 */
export const oppositeLines = `
buy purchase acquire | sell
long | short brief
call | put
lend | borrow
lender | borrower
buyer | seller
bull bullish | bear bearish
profit gain win earn winner winning | loss lose loser losing
increase rise grow growth raise climb gain higher up | decrease fall drop decline reduce reduction lower down shrink sink cut
deposit | withdraw withdrawal
credit | debit
asset | liability
income revenue earnings receive | expense cost deduction deductible owe
taxable | deductible exempt
refund | owe charge payment
inherit | gift
fixed | variable
gross | net
pre before prior earlier previous precede | post after later following next subsequent
first initial | last final
start begin open launch | stop end finish close quit halt
beginning | ending
early earlier earliest | late later latest
enable activate allow permit | disable deactivate forbid prevent prohibit deny disallow block
allow permit | deny
accept approve agree | reject refuse decline disagree deny
add insert include append attach | remove delete exclude subtract detach drop
create make build | destroy delete
install | uninstall remove
connect join attach | disconnect separate detach leave
import | export
upload | download
encode | decode
encrypt | decrypt
compress zip | decompress unzip extract
serialize | deserialize
push | pull
read | write
send transmit | receive
save | spend waste
lock | unlock
show display reveal | hide conceal
expand | collapse shrink
zoom-in | zoom-out
max maximum maximize most highest largest biggest greatest | min minimum minimize least lowest smallest fewest
more | less fewer
many | few
much | little
high tall | low short
big large huge | small tiny little
wide broad | narrow
deep | shallow
thick | thin
fat | thin slim
heavy | light
fast quick rapid | slow
hot warm | cold cool
warm | cool
wet | dry
hard difficult | easy simple
hard | soft
strong | weak
rich wealthy | poor
expensive costly | cheap inexpensive affordable
good great better best excellent positive | bad poor worse worst terrible negative
right correct true | wrong incorrect false
right | left
north northern | south southern
east eastern | west western
northeast | southwest
northwest | southeast
inside indoor internal inner interior inbound incoming input | outside outdoor external outer exterior outbound outgoing output
entrance enter entry arrive arrival | exit leave departure depart
arrival | departure
arrive | depart leave
come | go
above over | below under beneath underneath
upper | lower
top | bottom
front | back rear
forward | backward reverse
ascend ascending | descend descending
horizontal | vertical
odd | even
even | uneven
public | private
local | remote global
domestic | international foreign
legal lawful | illegal unlawful
safe secure | dangerous unsafe risky
healthy | sick ill unhealthy
alive live living | dead die
life birth | death
born | die
young younger | old older
new | old
old | new modern
modern | ancient
male man boy husband father son brother uncle king he | female woman girl wife mother daughter sister aunt queen she
husband | wife
mother | father
son | daughter
brother | sister
parent | child
teacher | student
employer | employee
landlord | tenant
doctor | patient
client | server
sender | receiver recipient
winner | loser
love like adore enjoy | hate dislike detest
happy glad | sad unhappy
laugh | cry
friend | enemy
war | peace
day | night
morning | evening
sunrise | sunset
summer | winter
full | empty
open | closed shut
always | never
everything | nothing
everyone everybody | nobody
all | none some
both | neither
many | none
with | without
include including | exclude excluding
support | oppose
pro pros advantage benefit strength | con cons disadvantage drawback weakness
advantage benefit | disadvantage drawback
success succeed pass | failure fail
pass | fail
hire employ | fire dismiss
attack offense offensive | defend defense defensive
attack | defend
cause | prevent
cure treat | cause
remember | forget
simple | complex complicated
single individual | multiple plural
single | married double
singular | plural
synchronous sync | asynchronous async
static | dynamic
mutable | immutable
abstract | concrete
theory theoretical | practice practical
real actual | fake virtual imaginary
natural | artificial
manual | automatic automated
active | inactive passive
visible | invisible
online | offline
on | off
front-end frontend | back-end backend
client-side | server-side
odd | even
positive | negative
plus add addition | minus subtract subtraction
multiply multiplication | divide division
multiplication | addition
numerator | denominator
integrate integral integration | differentiate derivative differentiation
absolute | relative
convex | concave
import | export
supply | demand
wholesale | retail
owner | renter
own | rent
rent | buy
lease | buy
rough | smooth
sharp | blunt dull
tight | loose
raw | cooked
fresh | stale frozen rotten
sweet | sour bitter
clean | dirty
bright | dark dim
dark | light
black | white
loud noisy | quiet silent
near close nearest closest | far distant farthest
absent | present
past | future
past | present
temporary | permanent
permanent | temporary
optional | mandatory required compulsory
required | optional
common usual frequent | rare unusual
general | specific
similar same alike | different opposite
equal | unequal
agree | disagree
majority | minority
maximum | minimum
wake awake | sleep asleep
push | pull
arrive | leave
lead leader | follow follower
rise | set
float | sink
freeze | thaw melt unfreeze
boil | freeze
heat warm | cool chill
charge | discharge
inhale | exhale
inflate inflation | deflate deflation
import | export
immigrate immigration | emigrate emigration
liquid | solid gas
acid acidic | alkaline base basic
guilty | innocent
victory | defeat
human | machine
vertical | horizontal
debit | credit
renew extend | cancel terminate
cancel | confirm keep place
place | cancel track
subscribe | unsubscribe cancel
register enroll | unregister withdraw
login | logout
mute | unmute
pause | resume play
play | pause stop
undo | redo
commit | revert rollback
merge | split
lock | unlock
gain | lose
win | lose draw
breakfast | lunch dinner
lunch | dinner
inner | outer
minor | major
major | minor
junior | senior
adult | child
amateur | professional
beginner | expert
introvert | extrovert
optimist | pessimist
liberal left | conservative right
democrat democratic | republican
carnivore | herbivore
predator | prey
latitude | longitude
encode | decode
sender | receiver
vertical | horizontal
parallel | serial perpendicular
series | parallel
analog | digital
wired | wireless
paid | free unpaid
free | paid
guest | host
cheap cheaper cheapest | expensive
faster fastest | slower slowest
better best | worse worst
bigger biggest larger largest | smaller smallest
longer longest | shorter shortest
taller tallest | shorter shortest
older oldest | younger youngest newer newest
hotter hottest | colder coldest
stronger strongest | weaker weakest
easier easiest | harder hardest
richer richest | poorer poorest
nearer nearest | farther farthest
higher highest | lower lowest`;

/** Small words that are opposites only where one stands in the other's place. */
export const oppositeParticleLines = `
on | off
in | out
up | down
to | from
into | out
before | after
over | under
above | below
and | or
all | some none
always | sometimes never
here | there
he | she
him | her
his | her
my | your his her their
i | you
me | you him her them
this | last next
for | against
with | without
more | less`;

/** Sets of which any two members exclude each other. */
export const memberLines = `
colour: red blue green yellow orange purple pink brown black white gray grey violet indigo cyan magenta teal turquoise maroon beige gold silver
weekday: monday tuesday wednesday thursday friday saturday sunday
season: spring summer autumn fall winter
direction: north south east west northeast northwest southeast southwest
planet: mercury venus earth mars jupiter saturn uranus neptune pluto moon sun
continent: africa antarctica asia europe oceania
country: afghanistan albania algeria argentina armenia australia austria azerbaijan bahrain bangladesh belarus belgium bolivia bosnia brazil bulgaria cambodia cameroon canada chile china colombia croatia cuba cyprus czechia denmark ecuador egypt england estonia ethiopia finland france georgia germany ghana greece guatemala haiti honduras hungary iceland india indonesia iran iraq ireland israel italy jamaica japan jordan kazakhstan kenya kuwait laos latvia lebanon libya lithuania luxembourg madagascar malaysia mali malta mexico moldova monaco mongolia morocco mozambique myanmar namibia nepal netherlands nicaragua nigeria norway oman pakistan panama paraguay peru philippines poland portugal qatar romania russia rwanda scotland senegal serbia singapore slovakia slovenia somalia spain sudan sweden switzerland syria taiwan tanzania thailand tunisia turkey uganda ukraine uruguay uzbekistan venezuela vietnam wales yemen zambia zimbabwe
city: amsterdam athens atlanta austin baltimore bangkok barcelona beijing berlin boston brussels budapest chicago cleveland copenhagen dallas delhi denver detroit dubai dublin frankfurt hamburg helsinki hongkong houston istanbul jakarta kyoto lima lisbon london madrid manila melbourne memphis miami milan milwaukee minneapolis montreal moscow mumbai munich nairobi naples nashville orlando osaka oslo ottawa paris philadelphia phoenix pittsburgh portland prague rome sacramento seattle seoul shanghai stockholm sydney tampa tokyo toronto vancouver venice vienna warsaw zurich
state: alabama alaska arizona arkansas california colorado connecticut delaware florida hawaii idaho illinois indiana iowa kansas kentucky louisiana maine maryland massachusetts michigan minnesota mississippi missouri montana nebraska nevada ohio oklahoma oregon pennsylvania tennessee texas utah vermont virginia wisconsin wyoming
language: arabic bengali bulgarian cantonese catalan chinese croatian czech danish dutch english estonian farsi finnish french german greek hebrew hindi hungarian icelandic indonesian irish italian japanese korean latin latvian lithuanian malay mandarin norwegian persian polish portuguese punjabi romanian russian serbian slovak slovenian spanish swahili swedish tagalog tamil telugu thai turkish ukrainian urdu vietnamese welsh
programming: python java javascript typescript rust golang ruby php perl kotlin swift scala haskell fortran cobol matlab julia lua elixir erlang clojure dart bash powershell c++ c#
framework: react angular vue svelte django flask fastapi rails laravel spring express nextjs pytorch tensorflow keras jax
system: windows linux macos android ios ubuntu debian fedora
database: postgres postgresql mysql sqlite mongodb redis cassandra oracle mariadb dynamodb
cloud: aws azure gcp
sport: soccer football baseball basketball tennis golf hockey rugby cricket volleyball badminton boxing
meal: breakfast lunch dinner brunch supper
meat: chicken beef pork lamb turkey fish salmon tuna shrimp
animal: dog cat horse cow pig sheep goat rabbit bird snake lion tiger elephant bear wolf
instrument: piano guitar violin drum flute trumpet cello saxophone
vehicle: car truck bus train plane bike bicycle motorcycle boat ship van
time-of-day: morning afternoon evening night noon midnight
relative: mother father sister brother son daughter aunt uncle cousin grandmother grandfather wife husband niece nephew mom dad
pronoun: he she
quantifier: all most few none every only
metal: gold silver copper iron aluminum steel platinum bronze titanium
browser: chrome firefox safari edge opera
company: google apple microsoft amazon facebook meta netflix tesla nvidia intel amd ibm samsung sony uber lyft walmart target visa mastercard
fruit: apple banana orange grape mango pear peach strawberry blueberry lemon lime cherry pineapple
grain: rice wheat oat barley corn quinoa
drink: coffee tea beer wine water milk juice soda`;

/** Words that mean the same wherever they stand. General English: what a writer reaches for to say it again. */
export const synonymLines = `
use utilize utilise employ leverage apply
enable allow permit let
help assist aid
get obtain retrieve fetch acquire receive gain
show display present exhibit
tell inform
create make build generate produce construct develop
begin start commence initiate launch
end finish conclude complete terminate
stop halt cease
change modify alter adjust edit amend
fix repair resolve mend correct
delete remove erase
cancel terminate
choose select pick opt
find locate discover
check verify confirm inspect
look view see
explain describe clarify
buy purchase
big large huge great
small little tiny
quick fast rapid speedy
simple easy straightforward
hard difficult tough challenging
important crucial essential vital key significant
good nice decent
best finest ideal optimal greatest
bad poor
expensive costly pricey
cheap inexpensive affordable
new fresh novel
old aged
begin beginning
way method approach technique manner mean
reason cause
step stage phase
problem issue trouble
error mistake fault
answer response reply
question query inquiry
info information detail
picture photo image photograph pic
movie film
tv television
car automobile vehicle auto
phone telephone cellphone smartphone mobile cell
job work occupation profession career
boss manager supervisor
employee worker
company firm corporation
shop store
house home
flat apartment
doctor physician
medicine drug medication
kid child
mom mother mum
dad father
couple pair
money cash fund
cost price charge fee expense
salary wage pay income
bill invoice
trip journey travel vacation holiday
hotel inn
restaurant diner eatery place
food meal dish
recipe
need require necessitate
want desire wish
like enjoy
keep retain maintain preserve
hold contain include comprise
consist comprise
give provide supply offer deliver grant
return yield
take accept
send transmit
contact reach call phone
talk speak chat
say state mention
think believe
know understand
learn study
try attempt
happen occur
become turn
continue proceed
increase raise grow rise boost
decrease reduce lower decline drop
improve enhance better
solve resolve
combine merge unite join
divide split separate
compare contrast
different distinct various diverse
difference distinction
same identical equal
whole entire full complete
total sum
many numerous multiple several
enough sufficient adequate
usual typical normal common standard regular
special particular specific
main primary principal chief
correct right accurate proper
wrong incorrect
true real actual genuine
sure certain
possible feasible
able capable
available accessible
necessary required needed mandatory
optional
current present
recent latest
prior previous former earlier
next following subsequent
final last
early
near nearby close
far distant
part portion piece section
place location spot site
area region zone
country nation
city town
street road
border boundary limit
list
example instance sample
kind type sort category class
name title
number count quantity amount
size dimension
color colour hue
word term
meaning definition sense significance
goal aim objective purpose target
plan scheme
result outcome consequence
effect impact influence
benefit advantage perk
drawback disadvantage downside
chance likelihood probability odd
risk danger hazard
rule regulation
law legislation
document file paper
form
tool instrument
device gadget
function method routine
parameter argument
folder directory
dataset corpus
default
execute run perform
load import
store save
transform convert
display render
call invoke
specify define determine indicate designate
process handle
support
access
update refresh
upload submit
configure set
feature attribute characteristic property
illness disease sickness
car auto
lawyer attorney
film movie
holiday vacation
garbage trash rubbish waste
quick prompt
happy glad pleased
sad unhappy
angry mad
smart clever intelligent
rich wealthy
beautiful pretty
often frequently
always constantly
sometimes occasionally
quickly rapidly fast
maybe perhaps possibly
approximately about around roughly
also too additionally
however but though
therefore thus hence
weather forecast
alarm
pto leave vacation
balance
owe
transfer move
meeting appointment
calendar schedule
reservation booking
book reserve
ticket
join enroll enlist
prepare ready
cook
remind reminder
message text
score rating mark
good positive favorable
restore reset revert
move relocate shift transfer
break damage
set change adjust
suggest recommend propose advise
suggestion recommendation proposal
nearest closest
song tune track
fetch load retrieve
unique distinctive distinct
marker identifier label
useful helpful advantageous beneficial valuable
incorporate integrate include embed
additional extra further more new other
advance sophisticated
guide tutorial instruction manual
evaluate assess gauge
perform conduct execute
fulfill fulfil satisfy meet
require demand need
obtain secure
assume presume suppose presuppose
basic fundamental elementary rudimentary
curious interested
library package
dependency requirement
example illustration
major main primary chief
quantity number amount count
facilitate ease enable allow
variety range diversity type
collection compilation set
purpose use utilization
specify state determine define indicate
identical equal same
hold store keep
employ use
typical usual common
produce return yield generate
furnish provide supply give
alteration modification change
discover find uncover
drop remove discard
skip omit ignore
substitute replace swap
quit stop end
end cancel
inspect examine check view
examine study investigate
purpose goal intent intention
fault defect flaw
big major
mistake error
sequence order
tune song
rapid quick swift
request ask
arrange organize organise sort
gather collect assemble
assemble build
display list show
notify inform alert
verify check confirm validate ensure
monitor track watch
permit allow authorize
connect link attach join
link url hyperlink
detach disconnect
consult check
consume use
occupation job
residence home
acquire buy
vendor seller supplier
client customer
colleague coworker
staff employee
pupil student
instructor teacher professor
infant baby
automobile car
airplane plane aircraft
bicycle bike
sofa couch
soda pop
snack bite
grocery food
laptop notebook
cellphone phone
mail post
parcel package
delivery shipment
ship deliver mail
tasty delicious yummy
scared afraid frightened
funny humorous amusing
strange odd weird
famous renowned
dangerous hazardous
sick ill unwell
tired exhausted
calm peaceful
noisy loud
silent quiet
correct fix
erase delete
jump leap
yell shout
cry weep
hurry rush
dispose discard
earn make
assist help
purchase buy
attempt try
demand ask
permit let
occur happen
commence start
cease stop
conclude end
reside live
inquire ask
respond reply answer
select choose
observe watch see
possess have own
construct build
terminate end cancel
initiate start
endeavor try
ascertain determine
modify change
estimate approximate guess
compute calculate
depart leave
arrive reach
rent hire
discount deal
schedule timetable
vaccine vaccination shot
nutrition nutritional
calorie caloric
direction route
path route way
gas gasoline fuel petrol
trash garbage
bathroom restroom toilet
pal friend buddy
spouse partner
income earnings salary
tax levy
insurance coverage
accident crash
route way road
speed pace rate
pet animal
idea suggestion
concept idea notion
thought idea
alike similar
novice beginner
aspect facet side
objective goal
duty task chore
task job
synch sync synchronize
volume loudness
soda drink
credit`;
