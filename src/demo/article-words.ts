/** What generated articles are made of. Lists are texts so that they stay a few lines long. */

export const nouns = words(`
  council mayor harbour river bridge school hospital library museum theatre farmer baker teacher nurse driver
  minister senator judge lawyer witness officer fisherman engineer architect painter author singer goalkeeper
  striker coach referee champion festival parade election ballot budget deficit surplus tariff subsidy pension
  mortgage landlord tenant strike union factory warehouse refinery pipeline reservoir dam turbine reactor cable
  satellite telescope laboratory vaccine virus antibody clinic surgeon patient ambulance airport runway railway
  station platform tram ferry lighthouse island valley glacier volcano earthquake drought flood storm blizzard
  heatwave wildfire forest orchard vineyard harvest wheat barley salmon oyster honey cheese chocolate market
  auction gallery sculpture manuscript archive orchestra violin choir novel poem film documentary archaeologist
  mammoth skeleton fossil meteorite comet planet probe rover drone robot algorithm database keyboard passport
  border embassy treaty ceasefire refugee shelter charity volunteer donation scholarship university student
  professor lecture thesis neighbour pensioner grandmother toddler twin cyclist pedestrian motorist roundabout
  pothole pavement fountain statue cathedral mosque synagogue monastery bell clock tower cellar attic greenhouse
  beekeeper shepherd lamb heron otter beaver badger hedgehog parrot python crocodile giraffe penguin walrus whale
  report inquiry verdict appeal petition protest rally slogan banner leaflet broadcast podcast headline editor
  reporter photographer subscriber reader archivist
`);

export const adjectives = words(`
  local regional national former retired independent senior junior unexpected long-awaited controversial modest
  ambitious temporary permanent costly affordable crowded deserted restored abandoned historic medieval modern
  experimental annual weekly nocturnal seasonal coastal rural urban northern southern eastern western frozen
  flooded fragile sturdy wooden concrete golden crimson emerald pale noisy silent cautious fearless stubborn
  generous anonymous famous forgotten notorious beloved eccentric meticulous reluctant cheerful weary furious
  baffled sceptical optimistic gloomy rare common endangered invasive edible toxic harmless gigantic tiny
  two-headed left-handed self-taught award-winning record-breaking bankrupt profitable overdue disputed secret
  confidential transparent legal illegal unanimous narrow decisive preliminary final provisional
`);

export const verbs = words(`
  announced rejected approved postponed cancelled opened closed restored demolished discovered photographed
  measured questioned praised criticised defended accused acquitted convicted elected dismissed replaced
  inspected repaired painted auctioned donated borrowed returned lost found hid revealed translated published
  banned permitted taxed subsidised imported exported smuggled seized rescued evacuated sheltered vaccinated
  trained hired promoted interviewed surprised delighted alarmed annoyed comforted confused persuaded warned
  welcomed ignored followed overtook blocked flooded froze melted rebuilt renamed reopened relocated sponsored
`);

export const adverbs = words(`
  yesterday today overnight quietly publicly reluctantly unanimously narrowly briefly repeatedly finally
  officially reportedly allegedly apparently inevitably unexpectedly carefully hastily slowly gradually
  suddenly twice again elsewhere indoors outdoors abroad nearby
`);

export const prepositions = words(`
  near behind beside below above across against along around before during despite without within outside
  beyond after under over opposite
`);

export const articlesOfSpeech = words('the this that every another one the the its their');

export const numbers = words(`
  2 3 4 7 9 11 12 14 17 19 23 28 31 36 42 48 55 64 73 81 96 104 120 150 187 240 312 450 600 875 1,200 1,914
  1,969 2,024 3,500 4.7 5.25 12,000 18.3 45,000 99.5 250,000 1.4
`);

export const units = words(
  '% km euros residents tonnes votes hours metres litres pages seats tickets hectares',
);

export const names = words(`
  Adeyemi Álvarez Anders Bianchi Bjørnsson Brännström Çelik Chen Delacroix Dvořák Eriksen Fernández Fischer
  Gonçalves Grünwald Haddad Hernández Ivanova Jansen Jóhannsdóttir Kaczmarek Kowalski Łukasiewicz Müller Nakamura
  Ng Novák O'Brien O'Connor Okafor Ørsted Papadopoulos Petrović Quiñones Rossi Sánchez Schröder Şahin Suzuki
  Szabó Tanaka Țurcanu Ueda Vermeulen Weiß Xu Yılmaz Zhang Žižek Иванова Κωνσταντίνου 山田 김민준
`);

export const places = words(`
  Aalborg Århus Bragança Brno Cádiz Cork Düsseldorf Évora Galway Gdańsk Gijón Graz Győr Kraków Køge León Liège
  Łódź Malmö Mérida Münster Nîmes Ostrava Plzeň Põlva Porto Reykjavík Rīga São-Paulo Sète Tromsø Turku Ústí
  Västerås Vigo Wrocław Zürich Żywiec Москва Αθήνα 東京 서울
`);

export const publications: readonly string[] = [
  'The Harbour Gazette',
  'Valley Courier',
  'Diário do Vale',
  'Nordlys & Tidende',
  'Der Brückenbote',
  'La Voix du Marché',
  "The Farmer's Almanac Daily",
  'Kurier Łódzki Jutro',
  'Evening Lantern',
  '東の朝刊',
];

/**
 * What breaks careless encoders: quotes, backslashes, COPY's own markers, tabs, line ends of three kinds, text
 * outside the basic plane, combining and invisible characters. One follows about every twentieth sentence.
 */
export const oddities: readonly string[] = [
  '"It\'s not over," she said, "until it\'s over."',
  '“We’ll see…” — that was all he’d say.',
  String.raw`The files were under C:\news\2025\new\table.txt and \\server\share\.`,
  String.raw`A line of the dump read \N, the next one \. and then nothing.`,
  String.raw`The pattern ^\d+\s*\\?$ matched "everything".`,
  'Results:\n\tfirst\t12.5\n\tsecond\t11.75\n\tthird\t9\n',
  'Typed on an old machine:\r\nline one\r\nline two\r\n',
  'Form\ffeed, vertical\vtab and back\bspace survived the wire.',
  '🎉 Readers voted 👍🏽 (👩‍🚒 12, 🏴‍☠️ 3, 🇪🇺 27) 🐝',
  'A zebra 🦓 and 𝕞𝕒𝕥𝕙 outside the basic plane: 𠮷野家.',
  'Cafe\u0301 and café look alike; so do Å and Å.',
  'No\u00A0break, soft\u00ADhyphen, zero\u200Bwidth, line\u2028separator.',
  '{"json": "inside", "a": [1, 2, null], "quote": "\\""}',
  '<p class="lead">Fish &amp; chips: £4.50 &lt; €6</p>',
  'مرحبا بالعالم, שלום עולם, नमस्ते दुनिया.',
  'Done; DROP TABLE articles; -- said little Bobby.',
];

function words(text: string): readonly string[] {
  return text.trim().split(/\s+/);
}
