package token

import (
	"strings"

	"github.com/blevesearch/snowballstem"
	"github.com/blevesearch/snowballstem/danish"
	"github.com/blevesearch/snowballstem/dutch"
	"github.com/blevesearch/snowballstem/english"
	"github.com/blevesearch/snowballstem/finnish"
	"github.com/blevesearch/snowballstem/french"
	"github.com/blevesearch/snowballstem/german"
	"github.com/blevesearch/snowballstem/hungarian"
	"github.com/blevesearch/snowballstem/italian"
	"github.com/blevesearch/snowballstem/norwegian"
	"github.com/blevesearch/snowballstem/portuguese"
	"github.com/blevesearch/snowballstem/romanian"
	"github.com/blevesearch/snowballstem/russian"
	"github.com/blevesearch/snowballstem/spanish"
	"github.com/blevesearch/snowballstem/swedish"
	"github.com/blevesearch/snowballstem/turkish"
)

// Language is one whose stems are known. The zero value is [English], which is also taken
// for those that are not known.
type Language uint8

// The languages. English comes first.
const (
	English Language = iota
	German
	French
	Spanish
	Italian
	Portuguese
	Dutch
	Swedish
	Danish
	Norwegian
	Finnish
	Hungarian
	Romanian
	Russian
	Turkish
)

var languages = [...]struct {
	codes string // of ISO 639, and what people write
	stem  func(*snowballstem.Env) bool
	// function are words that hold its sentences together and tell it from others.
	function string
}{
	English: {"en eng english", english.Stem, `a about above after again against all also am an and any are as at be because been before being below
		between both but by can could did do does doing done down during each either every few for from had has have having he her here
		hers him his how however i if in into is it its just ll may me might more most much must my neither no nor not now of off on once
		one only or other our out over own re s same shall she should since so some such t than that the their them then there these they
		this those through to too under until up upon us ve very was we were what when where whether which while who whom whose why will
		with within without would yet you your`},
	German: {"de deu ger german deutsch", german.Stem, `aber als am an auch auf aus bei beim bin bis da damit dann das dass dem den denn der des
		die dies diese diesem diesen dieser dieses doch du durch ein eine einem einen einer eines er es für gegen hat hatte haben ich ihm ihn
		ihr ihre ihrem ihren im in ist ja kann können kein keine man mich mit muss nach nicht noch nun nur ob oder ohne sehr sein seine sich sie
		sind so soll sollen über um und uns unter vom von vor wann war waren warum was weil welche welchem welchen welcher welches wem wen
		wenn wer werden wie wir wird wo wohin worden wurde wurden zu zum zur zwischen`},
	French: {"fr fra fre french français", french.Stem, `au aux avec ce ces cet cette comme d dans de des donc du elle elles en est et était être il
		ils j je l la le les leur leurs lui mais n ne nous on où ou par pas plus pour pourquoi qu quand que quel quelle quelles quels qui s sa
		sans se ses sont sous sur tous tout un une vous`},
	Spanish: {"es spa spanish español", spanish.Stem, `al como cómo con cual cuál cuando cuándo de del desde donde dónde el ella ellos en entre era es
		ese esta está este esto fue ha han hasta hay la las lo los más muy ni o para pero por porque qué que quien quién se sobre su sus
		también un una unos y ya`},
	Italian: {"it ita italian italiano", italian.Stem, `a ai al alla alle anche che chi come con cosa cui da dal dalla dei del della delle di dove e
		è gli ha hanno i il in la le lo ma nel nella non o per perché più quale quando questa questo sono si sua suo su sul sulla un una uno`},
	Portuguese: {"pt por portuguese português", portuguese.Stem, `a ao aos as até com como da das de do dos e é ela ele em entre essa esse esta
		este foi há isso já mais mas na não nas no nos o os ou para pela pelo por porque qual quando que quem são se sem ser seu sua também
		um uma`},
	Dutch: {"nl nld dut dutch nederlands", dutch.Stem, `aan als bij dat de den der deze die dit door een en er geen haar had heeft het hij hoe hun ik
		in is je kan maar me met mijn naar niet nog of om ook op over te tot uit van veel voor waar waarom was wat we wel wie wij wordt worden
		zal ze zich zij zijn zo`},
	Swedish: {"sv swe swedish svenska", swedish.Stem, `att av blev de dem den det detta där efter eller en ett från för han har hon hur i inte jag kan
		men med mot något när och om på sig ska skall som till under upp ut var vad vi vid är över`},
	Danish: {"da dan danish dansk", danish.Stem, `af alle at blev da de den der deres det dette efter eller en er et for fra han har havde hun hvad
		hvis hvor i ikke jeg kan men med mod når og også om op på sig skal som til ud under var ved vi`},
	Norwegian: {"no nb nn nor nob nno norwegian norsk", norwegian.Stem, `av at ble da de den der det dette etter eller en er et for fra han har hun
		hva hvor i ikke jeg kan men med mot når og også om opp på seg skal som til ut under var ved vi å`},
	Finnish:   {"fi fin finnish suomi", finnish.Stem, `että ei hän ja joka jos kuin kun mikä mutta myös ne niin nyt oli olla on ovat se sen sekä tai tämä vain`},
	Hungarian: {"hu hun hungarian magyar", hungarian.Stem, `a az azt csak de egy és ez hogy ha is kell meg mert mi már nem van vagy volt`},
	Romanian:  {"ro ron rum romanian română", romanian.Stem, `a acest al ale am ar are au ca care ce cu cum de din este fi în la mai nu o pe pentru prin sau se și sunt un una`},
	Russian: {"ru rus russian русский", russian.Stem, `а без более бы был была были было в вам вас во вот все всё где да для до его ее если есть еще
		же за и из или им их к как когда кто ли мы на не нет ни но о об он она они от по под при с со так также то только у уже что чтобы это
		этого этот я`},
	Turkish: {"tr tur turkish türkçe", turkish.Stem, `ama bir bu çok da daha de değil gibi için ile ise kadar ki mi ne o olan olarak sonra şu ve veya ya`},
}

// known finds a language by any of its codes, of a function word the languages.
var byCode, functionOf = func() (map[string]Language, map[string][]Language) {
	codes, function := map[string]Language{}, map[string][]Language{}
	for l := range languages {
		for _, code := range strings.Fields(languages[l].codes) {
			codes[code] = Language(l)
		}
		for _, word := range strings.Fields(languages[l].function) {
			function[word] = append(function[word], Language(l))
		}
	}
	return codes, function
}()

// Named finds a language by a code of ISO 639, with or without a region ("de", "deu",
// "de-AT"), or by its name.
func Named(name string) (Language, bool) {
	code, _, _ := strings.Cut(strings.ToLower(strings.TrimSpace(name)), "-")
	code, _, _ = strings.Cut(code, "_")
	l, ok := byCode[code]
	return l, ok
}

// detected is how many words are looked at to tell a language.
const detected = 150

// Detect tells the language of a text by the words that hold its sentences together;
// English when there are none.
func Detect(text string) Language {
	var counts [len(languages)]int
	n := 0
	Each(text, func(w Word) bool {
		for _, l := range functionOf[w.Text] {
			counts[l]++
		}
		n++
		return n < detected
	})
	best := English
	for l, count := range counts {
		if count > counts[best] {
			best = Language(l)
		}
	}
	return best
}

// Stem is the term of a word of the language: its stem, without marks. Those of two
// languages differ, for what one takes for an ending is part of a word in the other.
func Stem(l Language, word string) string {
	env := snowballstem.NewEnv(word)
	languages[l].stem(env)
	stem := env.Current()
	if stem == "" {
		stem = word
	}
	if l == English {
		return plain(stem)
	}
	return string(rune('A'+l)) + plain(stem) // terms have no capitals otherwise
}
