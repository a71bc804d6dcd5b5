"""Function words: the short, common words that suggest the language of a sentence.

They are enough to make a sentence doubtful, not to name its language; the n-gram detector does that. The lists were
compiled by hand for this project.
"""

from functools import lru_cache

_WORDS = {
    "en": """the be is are was were of and to in that this it its for with as on by from at not have has had we
        you they he she so but or if then than which what when where there these those can cannot
        could should would will must may let our their your my his her an a do does did all any
        each some how why because since therefore however thus hence wait into about only also now
        just been being no yes me us them here while both out up more most other after before
        between again first actually maybe alternatively okay check need don isn doesn didn couldn
        wouldn shouldn aren wasn weren hasn haven ll ve doing done having make makes made using
        used get gets give gives take takes see know think want even every many much few such very
        same own through without within against during under above below once never always ever
        still yet until though although whether either neither enough themselves himself itself
        yourself someone something nothing everything anything anyone everyone back down off well
        way two three four five new like time mine whose whom upon among across around toward
        towards lets""",
    "fr": """le la les un une des du de d l et est sont était que qui qu dans pour pas ne ce cette ces il elle
        ils elles on nous vous je j n c s au aux avec sur par mais ou où donc car si plus comme
        tout tous toute deux être avoir ont fait faut aussi puis alors ainsi sans son sa ses leur
        leurs même peut cela chaque entre très bien encore après avant autrement ceci en votre vos
        notre nos mon ma mes ton tes lui eux celle celui ceux certains certaines quelque quelques
        plusieurs autre autres aucun aucune doit doivent peuvent pouvez devez devons sera seront
        serait étaient suis sommes êtes avez avons eu été soit soient fois jamais toujours déjà
        ici depuis pendant jusque jusqu chez vers sous lors lorsque lorsqu afin cependant
        toutefois maintenant trop peu beaucoup moins mieux rien quand quelle quel quels quelles
        dont parce puisque cet voici voilà lequel laquelle devant faire fais font aller va vais
        vont ça me te moi toi ni là assez chacun seul seule jour homme peux veut veux savoir voir
        dire trois nouveau nouvelle se non ai dit tel telle pourquoi y""",
    "de": """der die das den dem des ein eine einen einem einer eines und ist sind war nicht mit von zu zum zur
        auf für aus bei nach wir ich sie er es ihr man auch aber oder wenn dann dass daß als wie
        was wird werden wurde kann können muss müssen haben hat nur noch nun so im am um durch
        über unter zwischen also jetzt diese dieser dieses beide jede jeder sein keine kein hier
        mal weil ob sich mir uns gleich alle mehr wieder damit daher da an vom beim ins ans zwei
        drei falls sehr schon doch etwas nichts jemand niemand ihre ihren ihrem ihrer ihres seine
        seinen seinem seiner mein meine meinen meiner unser unsere unseren dein deine diesem
        diesen welche welcher welches jedoch denn dort immer nie ohne gegen seit während bevor
        nachdem obwohl könnte könnten sollte sollten soll sollen wollen will würde würden wäre
        wären hatte hatten gibt geht viel viele wenig wenige andere anderen anderer anderes einige
        alles vielleicht bitte weder entweder sondern sowie bereits wohl heute darf dürfen mag
        mögen bin bist seid ihn ihm ihnen euch dich mich dazu davon darauf dafür dabei darum
        deshalb wo warum eben ganz jedes jeden jedem einmal keinen du aller sei seien ja worden je
        geworden denen deren dessen""",
    "es": """el la los las un una unos unas de del al y e o que en es son era no se su sus por para con como
        más pero si porque cuando donde este esta esto estos estas ese esa eso hay lo le les nos
        me yo tú él ella nosotros ser estar está están tiene tienen también así ya muy todo todos
        cada entre sobre sin hasta desde entonces ahora dos puede debe luego tenemos hemos ambos
        os ha he han has había habían da das van va voy mi mis tu tus te nuestro nuestra nuestros
        nuestras vuestro vuestra usted ustedes otro otra otros otras mismo misma mismos uno
        alguien alguno alguna algunos algunas ningún ninguno ninguna nada nadie algo nunca siempre
        solo sólo tan tanto mucho mucha muchos muchas poco pocos menos mejor aquel aquella
        aquellos fue fueron será serán sería sido eran estaba estado soy somos eres sea sean fuera
        quien quienes cual cuales cuyo contra hacia durante mientras aunque según antes después
        aquí ahí allí hacer hace hecho hacen puedo pueden podemos podría deben debería quiere
        tener tengo tenía haya bien cómo qué cuánto dónde mas pues sino ni vez veces día tres
        cualquier ello conmigo tampoco aún todavía tal tales ve cosa ti""",
    "pt": """o a os as um uma uns umas de do da dos das no na nos nas ao aos à e é ou que em se não por para
        com como mais mas porque quando onde este esta isto esse essa isso há são era foi ser
        estar está estão tem têm seu sua ele ela nós eu você também assim já muito todo todos cada
        entre sobre sem até desde então agora dois pelo pela logo temos ambos deve pode lhe lhes
        eles elas me te meu minha meus minhas teu tua nosso nossa nossos nossas vosso seus suas
        num numa nuns dele dela deles delas neste nesta nesse nessa deste desta desse dessa disso
        disto nisso aquele aquela aqueles aquelas aquilo às pelos pelas foram será serão seria
        sido eram estava estavam sou somos seja sejam fosse quem qual quais cujo cuja ter tinha
        tinham tenha havia haver outro outra outros outras mesmo mesma mesmos algum alguma alguns
        algumas nenhum nenhuma nada ninguém nunca sempre só apenas tão tanto muita muitos muitas
        pouco poucos menos melhor contra durante enquanto embora segundo antes depois aqui ali lá
        fazer faz feito fazem posso podem podemos poderia devem deveria deverá quer tenho bem pois
        nem vez vezes dia três qualquer ainda vai vão vou estou tal tais quanto após tu si sei
        jamais volta""",
    "it": """il lo la i gli le un uno una di del della dello dei degli delle a al alla ai alle e ed è o che in
        nel nella nei nelle non si per con come più ma perché quando dove questo questa questi
        queste quello quella ci sono era ha hanno essere avere su sul sulla da dal dalla anche
        così già molto tutto tutti ogni tra fra senza fino quindi ora adesso due può deve poi
        allora abbiamo entrambi noi io lui lei se sia siano erano fu stato stata stati sarà
        saranno sarebbe sei siamo ho hai aveva avevano mi ti vi ne li mio mia miei tuo tua suo sua
        suoi nostro nostra vostro loro altro altra altri altre stesso stessa qualche alcuni alcune
        nessun nessuno nessuna niente nulla mai sempre solo soltanto tanto molti molte molta poco
        pochi meno meglio chi cui quale quali contro verso durante mentre sebbene secondo prima
        dopo qui qua lì là fare fa fatto fanno posso possono possiamo potrebbe devono dovrebbe
        vuole bene ancora ormai però oppure dell dall nell sull all quell dallo dagli dalle dai
        sullo sugli sulle nello negli agli col cosa ecco invece po volta volte giorno tre
        qualsiasi via te me tu va sa vai ad""",
    "vi": """là và của có không được một các cho với trong này đó những để khi thì mà như nếu từ ra đến tại vì
        nên cũng đã sẽ đang vào lên hai ta chúng tôi bạn nó rằng hay hoặc nhưng phải cần vậy nào
        gì bằng theo trên dưới sau trước nhiều mỗi số do tính kết quả đây rồi còn lại bị hơn thể
        người cái con cùng bởi việc hết mới chỉ vẫn luôn hãy đừng nữa tất cả bất kỳ mình họ anh
        chị ông bà ấy kia đâu ai sao gồm cách lúc ngày hôm thế đều rất quá lắm nhất hầu khác dùng
        làm giờ giữa ngoài đấy tuy dù mặc vừa""",
    "nl": """de het een van en is zijn was niet dat die dit deze in op te voor met aan door ook maar of als
        dan om bij naar uit over we wij ik je jij hij zij ze er kan kunnen moet moeten heeft hebben
        wordt worden nog dus want wat wie waar hoe alle elke beide nu geen meer zo""",
    "id": """yang dan di ke dari untuk dengan pada adalah ini itu tidak akan dapat bisa oleh juga atau
        sebagai dalam kita kami saya anda mereka dia ada lebih karena jika maka setiap semua sudah telah
        harus seperti antara tetapi jadi kemudian saja lagi""",
    "tr": """ve bir bu şu da de için ile olarak olan gibi daha çok en ama veya ya ki ne değil var yok her iki
        sonra önce kadar biz ben siz onlar şimdi çünkü ise mi mı mu mü bunu olur eğer hem""",
    "pl": """i w z na do nie się to jest są że jak o od po za dla przez ale czy ten ta te tego tej być może
        już tylko lub albo więc oraz który która które jeśli gdy co my ja każdy wszystkie dwa także
        teraz""",
    "sv": """och att det som en ett i på är av för med till den de inte om vi jag du han hon har hade var
        från men eller så när kan ska måste alla varje båda också nu då här där vara blir mellan""",
}

_HOMOGRAPHS = {
    "en": """a i o e y so in on an am as at do me no he we be man is war was die des son sin con per para come
        non via pro plus main dans tout car pour sur comment fait d l s n c j t m la le de du van
        der den das di da to mal alle also under over of te ten ta op en or more met door want us
        all hat her him ben bis dies due noch lo ci dos sera sea see mas mi mu my ne ni os ou par
        pas pet si sol su tan ti tu um un uni vi won dal del dell et ex ha han hon hem na ski var
        vara ska men fra nu pi po ran z w x ja ya ke kami dia ada ini maka saya sous biz ne mit
        auf font bin com ed im todos logo col till falls être aux von er hier em co may must like
        time well new ans ins and moi mes mag tel tal va las los al von""",
    "fr": """a as on me or but in son an do is to so no all can var ci mis met man bin su mal vi at com col
        sein done more make ans dos van ed im os al ma via ha vie mi dan per""",
    "de": """so in an am was war die also will hat her do be not all man den var per non via plus de su vi los
        ed quell font com la en van mal mag on time le son os""",
    "es": """a he me no has are so do can segundo mal bin man par sur mes ma ama col apenas var non im com vi
        ve ed dan or pero fora isto""",
    "pt": """a as do no me so are do can estado algo estas som via var non man bin sul lei mal par col nó ed im
        vi on co font com la lo las los su dos dar al""",
    "it": """a in me so no do all are it quanto fosse esse essa quelle quel dire ben qual var man bin com es
        pero sera son sino sin dia font ama de tal du ed mal ce te mare am dan""",
    "vi": """to an do can in so no qua di tra chi vi ma che co em va vai may tu tan da lo la mai cui sin non
        lui dai man var bin io dat me ti mi con hai sai ha sao tal tin ai ho nel ra mes par""",
    "nl": "is in of we was had want over by me as her do and so",
    "id": "as all an",
    "pl": "to do i a no my",
    "sv": "i all was for as an",
}
"""Function words of other languages that are spelt like an ordinary word, name or symbol in thoughts of this one."""


_ORDINARY = {
    "en": """want over die dies hat door due per ten car main plus war son men more met us her him sea see won
        via pro con par pas pet sol sun tan us under mal come fait also all van ha ex me no do so
        at am an as he we be man is was in on of or op to te ti tu um un uni os ou my ne ni nu pi
        po mi mu ran du font bin com ed im falls till er hier em co may must like time well new
        and mag ans ins las los tel va""",
}
"""The `_HOMOGRAPHS` that are common in plain thoughts of the language: no reason for a closer look."""


@lru_cache(maxsize=64)
def suspects(target: str) -> frozenset[str]:
    """Words of which a doubtful sentence, one expected to be in the target language, has at least one."""
    by_language = function_words()
    others = (words for tag, words in by_language.items() if tag != target)
    plain = by_language.get(target, frozenset()) | TERMS | frozenset(_ORDINARY.get(target, "").split())
    return frozenset(word for word in frozenset().union(*others) - plain if len(word) > 1)


@lru_cache(maxsize=1)
def function_words() -> dict[str, frozenset[str]]:
    """Function words by language, lower case."""
    return {language: frozenset(words.split()) for language, words in _WORDS.items()}


@lru_cache(maxsize=64)
def tell_tale(language: str) -> dict[str, frozenset[str]]:
    """For each other language, its function words that are not spelt like a word of this language."""
    own = function_words().get(language, frozenset()) | frozenset(_HOMOGRAPHS.get(language, "").split())
    return {other: words - own for other, words in function_words().items() if other != language}


@lru_cache(maxsize=64)
def distinct(language: str) -> frozenset[str]:
    """The function words of a language that no other language has."""
    by_language = function_words()
    return by_language.get(language, frozenset()).difference(
        *(words for tag, words in by_language.items() if tag != language)
    )


ALPHABET = {
    "en": "",
    "fr": "àâæçéèêëîïôœùûüÿ",
    "de": "äöüß",
    "es": "áéíñóúü",
    "pt": "áâãàçéêíóôõúü",
    "it": "àèéìíîòóùú",
}
"""The letters with diacritics that a language uses."""


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


ENGLISH_MARKS = _set(
    """the wait so but however therefore because thus hence this that these those which we us our they them
    their you your it its of are was were have has had been will would should could must cannot since
    actually maybe perhaps okay hmm alternatively what when where why how with from into about there
    here now also just only again let is be my he she his her then not and if to for in on as or first
    next finally"""
)
"""English words that thoughts in another script only contain when they switch to English."""

CODE_WORDS = _set("and or not if in for to on as while else return do")
"""The `ENGLISH_MARKS` that maths and pseudo-code also use; alone they prove nothing."""

TITLE_WORDS = _set("""the of and in to for with on at by a an from is it""")
"""Small words in names and titles."""

NAME_WORDS = _set("""de la las los del di da du dos y van""")
"""Small words in the names of people."""

TERMS = _set(
    """sin cos tan cot sec csc arcsin arccos arctan sinh cosh tanh log ln lg exp lim max min sup inf mod
    gcd lcm det dim deg ker arg rank span sqrt frac pi alpha beta gamma delta epsilon theta lambda mu
    sigma omega phi psi infty mm cm dm km kg mg ml kb mb gb tb hz khz mhz ghz kw kwh mol rad ms ns kmh
    mph pa kpa app wifi email ok vs etc eg ie px rgb qed iff"""
)
"""Functions, symbols, units and words that are common in texts of any script."""
