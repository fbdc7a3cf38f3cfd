package features

import "strings"

// withoutAccent is the letter that r is made of, for the letters of the Latin, Greek and Cyrillic scripts that Unicode decomposes into a
// letter and accents; r itself for others.
func withoutAccent(r rune) rune {
	if base, ok := accented[r]; ok {
		return base
	}
	return r
}

var accented = func() map[rune]rune {
	m := make(map[rune]rune)
	for line := range strings.SplitSeq(accentTable, "\n") {
		base := rune(-1)
		for _, r := range line {
			if base < 0 {
				base = r
			} else {
				m[r] = base
			}
		}
	}
	return m
}()

// accentTable has a line for each letter: the letter, and what is made of it with accents (Unicode's canonical decompositions).
const accentTable = `AÀÁÂÃÄÅĀĂĄǍǞǠǺȀȂȦḀẠẢẤẦẨẪẬẮẰẲẴẶ
BḂḄḆ
CÇĆĈĊČḈ
DĎḊḌḎḐḒ
EÈÉÊËĒĔĖĘĚȄȆȨḔḖḘḚḜẸẺẼẾỀỂỄỆ
FḞ
GĜĞĠĢǦǴḠ
HĤȞḢḤḦḨḪ
IÌÍÎÏĨĪĬĮİǏȈȊḬḮỈỊ
JĴ
KĶǨḰḲḴ
LĹĻĽḶḸḺḼ
MḾṀṂ
NÑŃŅŇǸṄṆṈṊ
OÒÓÔÕÖŌŎŐƠǑǪǬȌȎȪȬȮȰṌṎṐṒỌỎỐỒỔỖỘỚỜỞỠỢ
PṔṖ
RŔŖŘȐȒṘṚṜṞ
SŚŜŞŠȘṠṢṤṦṨ
TŢŤȚṪṬṮṰ
UÙÚÛÜŨŪŬŮŰŲƯǓǕǗǙǛȔȖṲṴṶṸṺỤỦỨỪỬỮỰ
VṼṾ
WŴẀẂẄẆẈ
XẊẌ
YÝŶŸȲẎỲỴỶỸ
ZŹŻŽẐẒẔ
aàáâãäåāăąǎǟǡǻȁȃȧḁạảấầẩẫậắằẳẵặ
bḃḅḇ
cçćĉċčḉ
dďḋḍḏḑḓ
eèéêëēĕėęěȅȇȩḕḗḙḛḝẹẻẽếềểễệ
fḟ
gĝğġģǧǵḡ
hĥȟḣḥḧḩḫẖ
iìíîïĩīĭįǐȉȋḭḯỉị
jĵǰ
kķǩḱḳḵ
lĺļľḷḹḻḽ
mḿṁṃ
nñńņňǹṅṇṉṋ
oòóôõöōŏőơǒǫǭȍȏȫȭȯȱṍṏṑṓọỏốồổỗộớờởỡợ
pṕṗ
rŕŗřȑȓṙṛṝṟ
sśŝşšșṡṣṥṧṩ
tţťțṫṭṯṱẗ
uùúûüũūŭůűųưǔǖǘǚǜȕȗṳṵṷṹṻụủứừửữự
vṽṿ
wŵẁẃẅẇẉẘ
xẋẍ
yýÿŷȳẏẙỳỵỷỹ
zźżžẑẓẕ
¨΅῁῭΅
ÆǢǼ
ØǾ
æǣǽ
øǿ
ſẛ
ƷǮ
ʒǯ
ΑΆἈἉἊἋἌἍἎἏᾈᾉᾊᾋᾌᾍᾎᾏᾸᾹᾺΆᾼ
ΕΈἘἙἚἛἜἝῈΈ
ΗΉἨἩἪἫἬἭἮἯᾘᾙᾚᾛᾜᾝᾞᾟῊΉῌ
ΙΊΪἸἹἺἻἼἽἾἿῘῙῚΊ
ΟΌὈὉὊὋὌὍῸΌ
ΡῬ
ΥΎΫὙὛὝὟῨῩῪΎ
ΩΏὨὩὪὫὬὭὮὯᾨᾩᾪᾫᾬᾭᾮᾯῺΏῼ
αάἀἁἂἃἄἅἆἇὰάᾀᾁᾂᾃᾄᾅᾆᾇᾰᾱᾲᾳᾴᾶᾷ
εέἐἑἒἓἔἕὲέ
ηήἠἡἢἣἤἥἦἧὴήᾐᾑᾒᾓᾔᾕᾖᾗῂῃῄῆῇ
ιΐίϊἰἱἲἳἴἵἶἷὶίῐῑῒΐῖῗ
οόὀὁὂὃὄὅὸό
ρῤῥ
υΰϋύὐὑὒὓὔὕὖὗὺύῠῡῢΰῦῧ
ωώὠὡὢὣὤὥὦὧὼώᾠᾡᾢᾣᾤᾥᾦᾧῲῳῴῶῷ
ϒϓϔ
ІЇ
АӐӒ
ГЃ
ЕЀЁӖ
ЖӁӜ
ЗӞ
ИЍЙӢӤ
КЌ
ОӦ
УЎӮӰӲ
ЧӴ
ЫӸ
ЭӬ
аӑӓ
гѓ
еѐёӗ
жӂӝ
зӟ
ийѝӣӥ
кќ
оӧ
уўӯӱӳ
чӵ
ыӹ
эӭ
ії
ѴѶ
ѵѷ
ӘӚ
әӛ
ӨӪ
өӫ
᾿῍῎῏
῾῝῞῟`
