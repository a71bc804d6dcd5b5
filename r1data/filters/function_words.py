"""Function words by language, and the homographs among them: the data of `vocabulary`.

The lists were compiled by hand for this project.
"""

WORDS = {
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
    "nl": """de het een van en is zijn was niet dat die dit deze in op te voor met aan door ook maar of als dan
        om bij naar uit over we wij ik je jij hij zij ze er kan kunnen moet moeten heeft hebben wordt
        worden nog dus want wat wie waar hoe alle elke beide nu geen meer zo mijn jouw haar ons onze hun
        hem u uw jullie zich zichzelf mij mag mogen wil willen zal zullen zou zouden hadden heb hebt ben
        bent waren werd werden kon konden moest gaat gaan doen doet gedaan iets niets iemand niemand alles
        veel weinig minder ander andere anders ieder iedere sommige enkele eerst eerste laatste toen daar
        hierdoor waarom wanneer omdat zodat terwijl hoewel totdat voordat nadat indien tenzij toch wel
        altijd nooit vaak soms weer eens zeer tot tussen tegen zonder onder boven achter tijdens volgens
        vanaf binnen buiten sinds twee drie vier vijf zes goed welke welk daarom echter der zelfs
        misschien laten laat krijgen klopt nieuwe maken maakt gebruik gebruikt geweest staat komt dezelfde
        hetzelfde allemaal waarbij waarin waarvan waarop waardoor daarna daarmee daarbij hiervan hierin
        ervan eraan erop vervolgens bovendien bijvoorbeeld namelijk slechts alleen steeds reeds evenals
        nodig aantal elkaar geven geeft zien ziet weten weet zeggen vinden vind vindt stap tenslotte
        uiteindelijk hier reden dagen jaar af mee net al per via""",
    "id": """yang dan di ke dari untuk dengan pada adalah ini itu tidak akan dapat bisa oleh juga atau sebagai
        dalam kita kami saya anda mereka dia ada lebih karena jika maka setiap semua sudah telah harus
        seperti antara tetapi jadi kemudian saja lagi namun tapi kalau apakah apa siapa mana dimana
        bagaimana mengapa kenapa berapa kapan agar supaya bahwa sehingga sedangkan serta hingga sampai
        sejak setelah sebelum saat ketika sementara selama secara tersebut ialah merupakan menjadi hanya
        sangat paling masih belum pernah sedang bukan jangan tanpa tentang terhadap bagi atas bawah luar
        bila apabila walaupun meskipun maupun para suatu sebuah seorang satu dua tiga empat lima enam
        tujuh beberapa banyak sedikit seluruh masing lain lainnya sendiri kamu kau aku ia beliau begitu
        demikian yaitu yakni misalnya sekarang nanti kini baru lalu terus mari coba perlu ingin mau boleh
        hasil hasilnya jumlah nilai adanya itulah inilah pun kah pasti mungkin tentu benar cara hal orang
        hari waktu tahun memiliki melakukan menggunakan digunakan membuat memberikan mendapatkan mendapat
        melihat menghitung dilakukan dibuat diberikan berarti berada bersama besar kecil banyaknya artinya
        sebenarnya selanjutnya akhirnya pertama kedua ketiga terakhir dulu daripada kepada olehnya padanya
        darinya hampir selalu langsung salah hendak tak sama nya bilangan angka jawaban jawabannya soal""",
    "tr": """ve bir bu şu da de için ile olarak olan gibi daha çok en ama veya ya ki ne değil var yok her iki
        sonra önce kadar biz ben siz onlar şimdi çünkü ise mi mı mu mü bunu olur eğer hem bunun buna bunda
        bundan bunlar bunları böyle şöyle öyle o onu onun ona ondan sen bana sana bize beni seni bizi
        sizi kendi kendisi kim kime hangi nasıl neden niçin niye nerede zaman hiç hiçbir bazı bütün tüm
        hep hepsi birçok birkaç biri birisi başka diğer aynı tek yalnız sadece bile ancak fakat lakin oysa
        yani belki acaba artık henüz hâlâ hala yine tekrar üzere göre karşı doğru rağmen beri itibaren
        üzerinde üzerine altında içinde arasında arasındaki tarafından hakkında dolayı diye dek olmak
        olduğu olduğunu olduğundan olmayan oldu olacak olması olabilir olup olsa olsun idi ediyor etmek
        edilen edilir eder etti eden yapmak yapılan yapar gerekir gerekiyor gerek lazım vardır yoktur
        değildir şey şeyi şeyler halde ilk son iyi üç dört beş altı sıfır kez kere defa toplam sayı sayısı
        sayısını burada orada bulunan demek demektir edin dolayısıyla böylece ayrıca bulmak bulalım elde
        ettik olmalı olmalıdır tane kaç büyük küçük eşit eşittir yeni kalan bakalım yapalım edelim olsaydı
        onların bizim sizin benim senin bunların herhangi birlikte önceki sonraki değer değeri gün şekilde
        durumda kısmı hemen asla daima işte haline bulunur alır verir nedenle yüzden""",
    "pl": """i w z na do nie się to jest są że jak o od po za dla przez ale czy ten ta te tego tej być może już
        tylko lub albo więc oraz który która które jeśli gdy co my ja każdy wszystkie dwa także teraz u we
        ku bez pod nad przed między przy bo aby żeby by było był była były będzie będą jestem jesteś
        jesteśmy mam masz ma mamy mają można trzeba należy musi muszą muszę możemy mogą mogę możesz ich
        jego jej mu mnie mi nas nam nim niej nich tu tam tak więcej mniej bardzo tym tych temu tę tą taki
        taka takie jaki jaka jakie którego której którym których którzy którą kto kogo komu czego czym coś
        ktoś nic nikt nigdy zawsze jednak ponieważ dlatego dlaczego zatem jeżeli chociaż choć niż jeszcze
        znowu potem następnie najpierw wtedy kiedy gdzie skąd ile wiele kilka wszystko wszystkich wszyscy
        każda każde każdego inny inna inne innych sama samo sobie siebie swój swoje swoją swojej swoich
        jeden jedna jedno trzy cztery pięć dwie drugi raz razy razem również nawet właśnie prawie około
        podczas według wśród ponad poza zaś bowiem czyli jako ani żaden żadna żadnych został została
        zostało zostały zostanie ze nasz nasze nasza wasz tutaj sprawdźmy wynosi otrzymujemy oznacza
        pierwszy ostatni liczba liczby liczbę wynik musimy mieć zrobić jakby nią niego niemu tobie ciebie
        wam wami nami zobaczmy czyż zwykle dzięki wobec sposób ciągu ją go im pan pani dobrze dużo mało""",
    "sv": """och att det som en ett i på är av för med till den de inte om vi jag du han hon har hade var
        från men eller så när kan ska måste alla varje båda också nu då här där vara blir mellan""",
    "sw": """je na ya wa kwa ni za katika kama hii hiyo hizi hizo huu huo hili hilo haya hayo hawa hao huyu
        huyo hapa hapo huko kwamba lakini au pia ili cha vya yake wake zake lake kwake yao wao zao kuwa
        kila yangu yako yetu wetu zetu hivyo basi sasa bado tu sana zaidi kabla baada kati yote wote zote
        vyote lote mimi wewe yeye sisi nyinyi nini nani gani wapi lini vipi kwanini ambayo ambao ambaye
        ambalo ambazo ambapo bila hata kutoka hadi mpaka tena kisha halafu sio siyo hakuna kuna ndiyo
        hapana moja mbili tatu nne tano ikiwa iwapo ingawa kwani maana labda lazima inaweza anaweza
        wanaweza tunaweza unaweza haiwezi hawezi inapaswa anapaswa tunapaswa jumla idadi nambari namba
        jibu swali kwanza pili mwisho hebu tuna ina ana wana nina una ilikuwa alikuwa walikuwa kupata
        kutoa kuongeza mwingine nyingine wengine vingine juu chini ndani nje mbele wakati kulingana dhidi
        kuhusu kupitia kufanya ndio yaani vile hivi vivyo mtu watu kitu vitu mwaka siku kazi hiki hicho
        wala bali isipokuwa kwenye kwao kwetu kwako kwangu wako wangu lako langu chake chao chako changu
        vyake vyao vyako vyangu mwenye wenye yenye zenye lenye chenye mwenyewe wenyewe yenyewe yoyote
        yeyote wowote zozote chochote lolote hayana hana hawana haina hatuna sina huna ndivyo ndipo ndiye
        ndicho ndilo vizuri sawa kweli hasa karibu mara ingine ama la si haki kutokana mbalimbali kuliko
        ipi upi zipi yupi ngapi tunajua tunapata tukiwa akiwa ikawa itakuwa atakuwa tutakuwa watakuwa
        ningependa tafadhali kubwa ndogo kidogo nyingi wengi mengi chache wachache kuanzia iliyo aliye
        walio zilizo uliyo ilio hesabu watoto mtoto mwanafunzi wanafunzi shule kitabu vitabu nyumba pesa
        shilingi mita saa dakika mwezi miezi miaka asubuhi jioni usiku kesho sehemu upande pande
        mraba duara pembe pembetatu mstatili urefu upana eneo umbali wastani asilimia nusu theluthi jozi
        kundi mfano njia hatua kosa makosa ukweli sababu matokeo thamani mlinganyo fomula kinyume sawasawa
        tofauti tunahesabu tunahitaji nahitaji ninahitaji inahitaji tunagawanya tunazidisha tunaongeza
        tunatoa tunaondoa tunaweka tunaona naona ninaona nadhani nafikiri ninafikiri najua ninajua tuseme
        tuangalie niangalie nihesabu ngoja subiri angalia zidisha gawanya jumlisha ondoa weka chukua
        tafuta kutafuta kuhesabu kugawanya kuzidisha kujumlisha kuondoa kuweka kuona kujua kusema kwenda
        kutumia kuonyesha kuanza kumaliza alipata alinunua aliuza alisema alienda alifanya alitoa walipata
        walienda walifanya walinunua waligawana anapata anauza anasema inaitwa inasema imebaki zimebaki
        yamebaki wamebaki alibaki inabaki kubaki ulikuwa zilikuwa yalikuwa kilikuwa vilikuwa lilikuwa
        huenda upya tayari pamoja wawili watatu wanne watano mawili matatu manne matano miwili mitatu
        minne viwili vitatu vinne vitano kumi ishirini thelathini arobaini hamsini sitini sabini themanini
        tisini elfu saba nane tisa sifuri mmoja mwalimu rafiki marafiki maji chakula jua mwanga dunia nchi
        jina neno maneno lugha mwanzo mengine lingine kingine hivyohivyo ikiwemo zinazofuata inayofuata
        ufuatao unaofuata""",
}

HOMOGRAPHS = {
    "en": """a i o e y so in on an am as at do me no he we be man is war was die des son sin con per para come
        non via pro plus main dans tout car pour sur comment fait d l s n c j t m la le de du van
        der den das di da to mal alle also under over of te ten ta op en or more met door want us
        all hat her him ben bis dies due noch lo ci dos sera sea see mas mi mu my ne ni os ou par
        pas pet si sol su tan ti tu um un uni vi won dal del dell et ex ha han hon hem na ski var
        vara ska men fra nu pi po ran z w x ja ya ke kami dia ada ini maka saya sous biz ne mit
        auf font bin com ed im todos logo col till falls être aux von er hier em co may must like
        time well new ans ins and moi mes mag tel tal va las los al von
        go net bent pod pan sam bile lima cara hep ilk kim tek tam mam raz ani nas nim af lake wake sawa
        mara sana juu ipi asla lain hal
        nina tuna ana mimi eden agar dan bali kati mia""",
    "fr": """a as on me or but in son an do is to so no all can var ci mis met man bin su mal vi at com col
        sein done more make ans dos van ed im os al ma via ha vie mi dan per
        net bile cara pan sol tam lama mari ama hal lake bent af nas""",
    "de": """so in an am was war die also will hat her do be not all man den var per non via plus de su vi los
        ed quell font com la en van mal mag on time le son os
        net bent tat hal raz nas ama lima im ihm wer gar lake tan""",
    "es": """a he me no has are so do can segundo mal bin man par sur mes ma ama col apenas var non im com vi
        ve ed dan or pero fora isto
        cara lima pan sol hala lama mana mari sana dada nada tan tu""",
    "pt": """a as do no me so are do can estado algo estas som via var non man bin sul lei mal par col nó ed im
        vi on co font com la lo las los su dos dar al
        cara lima ama lama mana mara sana tapi sol pan hala tu""",
    "it": """a in me so no do all are it quanto fosse esse essa quelle quel dire ben qual var man bin com es
        pero sera son sino sin dia font ama de tal du ed mal ce te mare am dan
        cara lima mari lama mara sana dare nostri mana baru pan tana sol tu""",
    "vi": """to an do can in so no qua di tra chi vi ma che co em va vai may tu tan da lo la mai cui sin non
        lui dai man var bin io dat me ti mi con hai sai ha sao tal tin ai ho nel ra mes par
        kim hal hat tam nam sam pan""",
    "sv": "i all was for as an",
    "nl": """is in of we was had want over by me as her do and so per via door men ten die dies best er top
        test software on all for more le la et un der das des den dem man am an alle also wie im hat""",
    "id": """as all an para di la o a se si ma via dan tu ia mana lama per main satu bin besar data menu email""",
    "tr": """on at an her son ne en de da ki bin sen ben o et us sol var mi a e la le un du tu ya su mu ona""",
    "pl": """to do i a no my on we by be ten ta te o u tu mi ma go im are was ale za na ni is se del la sol pan
        com e da de mu mit an san ser""",
    "sw": """la si na ni tu cha au hai za wa to ya a do hata data kama una ana sana kila man hao""",
}
"""Function words of other languages that are spelt like an ordinary word, name or symbol in thoughts of this one."""
