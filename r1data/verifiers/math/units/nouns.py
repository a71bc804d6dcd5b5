"""English words that stand beside numbers, by what they do to them. Data, and the singular of a noun.

The lists are ours. A noun that is missing is no mistake: where the truth or the prompt has the word, it counts too
(`labels`); else the pair is undecided. A word that changes the number must never be among `NOUNS`.
"""

_NOUNS = """
acorn actor actress adult advertisement airplane album alien alligator almond angle animal answer ant antelope
apartment ape app appetizer apple applicant application apricot apron aquarium arm arrangement arrow article
artist assignment astronaut athlete atom attempt attendee audience aunt author avocado award baby backpack
bacon bacterium badge bag bagel baker bale ball balloon banana band bandage bank banner barn barrel baseball
basket basketball bat batch bathroom batter battery beach bead beam bean bear beaver bed bedroom bee beef beer
beet beetle bell belt bench berry beverage bicycle big bike bill bin binder bird biscuit bishop bison bit bite
black blackberry blanket block blouse blue blueberry board boat bolt bomb bond bone bonus book boot bottle
bouquet bow bowl box boy bra bracelet branch brand bread breakfast brick bridge broccoli brochure bronze
brother brown brownie brush bucket buffalo bug builder building bulb bull bullet bun bunch bundle bunny burger
burrito bus bush butter butterfly button buyer cabbage cabin cabinet cable cactus cafe cage cake calf call
calorie camel camera camper can candidate candle candy canister canoe cantaloupe cap capsule captain car
caramel card cardboard cardinal carnation carpenter carpet carriage carrot cart carton cartridge case cashew
castle cat caterpillar cauliflower cd ceiling celery cell cello cellphone cereal chain chair chalk chapter
charger chart check cheerleader cheese cheeseburger cheetah chef cherry chestnut chick chicken child chip
chocolate choir chore church churches cinnamon circle citizen city clam class classmate client climber clip
clock closet cloth clover coach coat cocktail coconut code coffee coin cold collar collection college column
comb combination comic comment company competitor computer concert cone container contestant continent
contract cook cookie coop copper copy corn corner costume cotton couch cougar country county coupon course
cousin cow crab cracker cranberry crate crayon cream creature crew cricket crock crocodile croissant crop crow
crown cub cucumber cupcake curtain customer daffodil daisy dancer dart date daughter decoration deer delivery
deposit desert desk dessert device diagonal diamond diaper dictionary die dinner disc discount dish disk
divisor doctor dog doll dolphin domino donkey donor donut door dose dot dough doughnut download dragon drawer
drawing dress drill drink driver drop drum duck duckling dumpling dvd dwarf e-mail eagle ear earring edge
edition editor egg eggplant electron element elephant elf elk email emerald employee engine engineer entry
envelope episode eraser essay event exam exercise eye fabric face fairy family fan farm farmer father fawn
feather fee female fence ferry field fig figure figurine file film finalist finger firework fish fisherman
flag flamingo flask flea flight flock floor flour flower flute fly flyer foal folder follower food football
forest fork fox frame fresh freshman friend frog frosting fruit fry function gadget galaxy game garden garlic
gate gecko gem gemstone gene ghost gift giraffe girl glass glove glue gnome goal goat gold golden goldfish
golf goose gorilla graduate grandchild grape grapefruit graph grass grasshopper gray green grey group guard
guest guitar gum gumball gun guppy hair ham hamburger hammer hamster hand handkerchief handshake hare harp hat
hawk hay head headphone heap hedgehog helicopter helmet hen herb herd hexagon highway hiker hill hippo hit
hive hobby hockey hole home homer homework honey hop horse hose hospital hot hot-dog hotdog hotel house human
hut individual infant ingredient inhabitant ink inning insect instrument integer intersection iphone iron
island item jacket jam jar jay jean jelly jellybean jellyfish jersey jet jewel job judge jug juice jump junior
juror kangaroo kayak keg kennel kettle key keyboard kid king kit kitchen kite kitten kiwi knife knight koala
ladder ladybug lake lamb lamp lane lantern lap laptop large lawyer leaf leather leg lemon lemonade leopard
lesson letter lettuce level library life light lily lime line lion litter little lizard loaf loan lobster lock
locker log lollipop loser lunch machine magazine male mall man mango map maple marble marigold mark marker
market marshmallow mask match mattress meal meat meatball medal meeting melon member message metal method milk
milkshake mint mirror mitten model molecule monitor monk monkey monster moon moose mosquito moth mother
motorcycle mountain mouse movie muffin mug mule museum mushroom musician nail name napkin necklace neighbor
neighbour nephew nest neutron new newspaper niece ninja noodle nose note notebook notecard novel nugget nun
nurse nut oak oatmeal object ocean octagon octopus office officer oil old olive omelet omelette onion orange
orchestra orchid order ornament ostrich otter outcome outfit owl ox oyster pack package packet page pail paint
paintbrush painter painting pajama pallet palm pamphlet pan pancake panda papaya paper paperclip paragraph
parcel parent park parrot part participant particle party passenger password pasta pastry path patient pattern
paw pawn payment pea peach peacock peanut pear pearl pebble pecan pedal pen penalty pencil pendant penguin
penny pentagon pepper performance permutation person pet petal petunia phone photo photograph piano pickle
picture pie piece pig pigeon piglet pile pill pillow pilot pin pine pineapple pink pipe pirate pixel pizza
plane planet plank plant plastic plate player plum plumber pocket poem point pole polygon pomegranate pond
pony popcorn popsicle pork portion position possibility post postcard poster pot potato pouch practice present
pretzel priest prince princess print printer prism prize problem product project proton puck pudding pumpkin
pup pupil puppet puppy purchase purple push-up pushup puzzle pyramid quadrilateral queen question quiz quizzes
rabbit raccoon race racer rack racket radio radish raft raisin rake raspberry rat ray reader recipe record
rectangle red referee region report reporter resident restaurant reward rhino ribbon rice riddle ride rider
ring ripe river road robe robin robot rock rocket rod role roll roof rook room rooster rope rose round route
row rubber ruby rug ruler run rung runner sack sailboat sailor salad sale salmon salt sample sand sandal
sandbag sandwich sapling sapphire sauce saucer sausage saw scarf school scientist scissors scoop scooter scout
screw sea seal seashell season seat section seed seedling segment selfie seller senior sentence sequence
series servant serving session set shampoo share shark sheep sheet shelf shell shield ship shirt shoe shop
shopper shorts shot shovel show shrimp shrub sibling side silk silver singer sister sit-up situp skater skewer
skirt slave sled sleeve slice slipper slot slug small smartphone smoothie snack snail snake sneaker snowflake
soap soccer sock soda sofa soldier solution son song sophomore soup sour space sparkler speaker spear species
spectator sphere spice spider spinach spoon spot spray sprinkle squad squash squat squirrel stable stack stage
stair stairway stalk stall stamp staple stapler star starfish state steak steel stem step stick sticker stock
stone stool store storey story straw strawberry streamer street strikeout string stripe student stuffed
subject subscriber subset subway sugar suit suitcase sundae sunflower survivor swan sweater sweet swimmer
sword swordfish syrup t-shirt table tablet taco tadpole tail tall tangerine tank tart task tax taxi tea
teacher team teddy teenager television tennis tent test text textbook thing thread throw ticket tiger tile tin
tire tissue toad toast toddler toe token tomato tool tooth toothbrush toothpick topping torch tortoise toss
toucan touchdown tour tourist towel tower town toy track tractor trail trailer train tram trash traveler tray
treat tree trial triangle trip troll trophy trouser trout truck truffle trumpet tub tube tulip tunnel turkey
turnip turtle tv twig tyre uncle underwear unicorn uniform unit university vaccine valley vampire van vanilla
vase vegetable vehicle vendor vertex vial video viewer village vine violin virus visit visitor vitamin
volleyball volunteer vote voter waffle wagon waiter waitress wall walnut walrus wasp watch water watermelon
way website wedding weed whale wheel wheelbarrow white whole wife wild window wine wing winner wipe wire witch
wizard wolf woman wood wooden wool word worker workout worksheet worm wrapper wreath wrench writer yacht yarn
yeast yellow yo-yo yogurt young zebra zipper zombie zoo zucchini
"""
NOUNS = frozenset(_NOUNS.split())
"""Things that are counted, in singular, and the words that describe them. Behind a number they change nothing."""

LINKS = frozenset(
    ("the", "a", "an", "of", "in", "on", "at", "for", "his", "her", "their", "its", "my", "our", "your")
)
"""Words that say nothing about a number before a noun, and nothing at all at the end."""

FILLERS = frozenset(
    ("total", "altogether", "all", "remaining", "remain", "remains", "left", "old", "long", "wide", "tall", "high",
     "deep", "thick", "away", "each", "apiece", "exactly", "exact", "precisely", "hers", "theirs", "together")
)  # fmt: skip
"""Words that say nothing about a number before a noun, behind one, or alone."""

_DIRECTIONS = """
north south east west northeast northwest southeast southwest northern southern eastern western northward
southward eastward westward northwards southwards eastwards westwards up down off out upward downward upwards
downwards forward forwards backward backwards back ahead behind above below under beneath underneath inside
outside inward outward inwards outwards clockwise counterclockwise anticlockwise before after ago early late
earlier later past future hence bc bce ad ce am pm profit profits loss losses gain gains gained lost increase
increases increased decrease decreases decreased rise risen fall fallen fell reduction growth shrinkage rising
falling credit credits debit debits debt debts owed owes owing surplus deficit overdraft overdrawn positive
negative short over income expense refund warmer colder hotter cooler taller shorter longer faster slower
heavier lighter older younger deeper shallower higher lower cheaper dearer richer poorer wider narrower
thicker thinner bigger larger smaller greater better worse nearer farther further closer more less fewer extra
additional loses lose losing wins won reduces reduced adds removes refuses fails failed
"""
DIRECTIONS = frozenset(_DIRECTIONS.split())
"""Words that turn a quantity round, or whose opposites would: the same on both sides, or undecided."""

_REFUSED = """
zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen
seventeen eighteen nineteen twenty thirty forty fifty sixty seventy eighty ninety hundred thousand million
billion trillion dozen score gross once twice thrice nil nought naught oh half double doubled doubles triple
tripled triples quadruple quadrupled halved squared square squares cubed cube cubes factorial factorials
inverse inverted reciprocal plus minus times divided multiplied multiply divide by over power powers root
roots rooted exponent exponential raised choose permute mod modulo modulus remainder added subtracted subtract
add sum difference product quotient ratio log ln lg sin cos tan cot sec csc exp sqrt lim gcd lcm det arg
arcsin arccos arctan sinh cosh tanh deg inf sup max alpha beta gamma delta epsilon zeta eta theta iota kappa
lambda mu nu xi omicron pi rho sigma tau upsilon phi chi psi omega infinity infinite base binary decimal hex
hexadecimal octal degree-of negated negate opposite imaginary complex conjugate transpose repeating recurring
rounded truncated not no never neither nor none non without nothing nobody nowhere hardly barely scarcely
cannot cant wont isnt arent doesnt dont ain't isn't aren't doesn't don't won't can't false wrong incorrect
untrue true correct right invalid valid impossible possible undefined unknown unclear mistaken mistake
mistakes error errors fake lie lies lied rejected reject refuted denied deny denies bad absurd nonsense joke
kidding fool cheat bogus unsolvable unsure uncertain doubt doubtful void null nan about around approximately
approx roughly nearly almost maybe perhaps possibly probably likely presumably supposedly allegedly apparently
guess guessed guessing guesses circa ca estimate estimated estimates estimation somewhere ish plausible
hopefully seemingly least most minimum maximum minimal maximal exceed exceeds exceeding than beyond within or
and but xor either both if unless otherwise else elsewhere instead rather versus vs against except excluding
including besides though although however yet still whereas while because since so therefore thus hence then
to from between until till through upto onto into up-to per-mille is are was were be been being am do does did
done has have had having will would should could might must shall may i you he she it we they them him us me
this that these those there here which who whom whose what how why when where whether as like such same also
too only just even ever always sometimes often seldom usually any some other another others every all-but
anything something someone everything correction retract retracted scratch actually oops wait sorry hmm no-one
cancel cancelled canceled ignore ignored disregard withdrawn tens ones hundreds thousands etc respectively
january february march april june july august september october november december jan feb mar apr jun jul aug
sep sept oct nov dec noon midnight midday equal equals equaled makes gives becomes means
"""
REFUSED = frozenset(_REFUSED.split())
"""Number words, operations, negations, judgements, hedges, conjunctions, pronouns and verbs: no labels at all."""

_IRREGULAR = {
    "people": "person", "men": "man", "women": "woman", "children": "child", "mice": "mouse", "geese": "goose",
    "teeth": "tooth", "feet": "foot", "oxen": "ox", "dice": "die", "vertices": "vertex", "bacteria": "bacterium",
}  # fmt: skip


def singulars(word: str) -> tuple[str, ...]:
    """The possible singulars of a word, in lower case: `cookies` → cooky, cookie; itself where it is no plural."""
    low = word.lower()
    for plural, singular in _IRREGULAR.items():
        if low.endswith(plural) and (low == plural or plural.endswith("men") or plural == "children"):
            return (low.removesuffix(plural) + singular,)
    if low.endswith("ies"):
        return low[:-3] + "y", low[:-1]
    if low.endswith("ves"):
        return low[:-3] + "f", low[:-3] + "fe", low[:-1]
    if low.endswith("es"):
        return low[:-1], low[:-2]
    return (low[:-1] if low.endswith("s") and not low.endswith("ss") else low,)


_FRACTIONS_AND_ADVERBS = ("ly", "th", "ths", "less", "ish", "fold", "wise")
_NAMES = """
assembly family fly reply supply jelly lily belly bully ally month mouth tooth moth cloth path booth breath birth bath
fish dish radish dress months mouths moths cloths paths booths breaths births baths
"""
_NAMED = frozenset(_NAMES.split())


def changes_number(word: str) -> bool:
    """Whether a word looks like an adverb or a part of a whole: `roughly`, `sixths`, `twofold`."""
    return word.endswith(_FRACTIONS_AND_ADVERBS) and word not in _NAMED


def may_be_counted(word: str) -> bool:
    """Whether a word that stands last has a plural's end: an adjective or a participle has none."""
    return singulars(word) != (word.lower(),)


def singular(word: str) -> str:
    """The likeliest singular of a word, in lower case: the one that is a known noun, if any is."""
    forms = singulars(word)
    return next((form for form in (word.lower(), *forms) if form in NOUNS), forms[0])
