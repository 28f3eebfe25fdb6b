/** Sets of which any two members exclude each other. */
export const memberWords: string = `
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
