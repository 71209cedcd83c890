package charset

import (
	"io"
	"strings"
	"testing"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/japanese"
	"golang.org/x/text/encoding/korean"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/traditionalchinese"
)

// TestLegacyEncodings reads sentences of several languages in the encodings that their
// writers used before Unicode.
func TestLegacyEncodings(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name string
		enc  encoding.Encoding
		text string
	}{
		{"Shift JIS", japanese.ShiftJIS, "図書館は月曜日に閉まっています。本を七月までに返してください。"},
		{"Shift JIS, short", japanese.ShiftJIS, "漢字テスト"},
		{"EUC-JP", japanese.EUCJP, "図書館は月曜日に閉まっています。本を七月までに返してください。"},
		{"EUC-KR", korean.EUCKR, "도서관은 월요일에 문을 닫습니다. 책은 칠월 말까지 돌려주세요."},
		{"GBK", simplifiedchinese.GBK, "图书馆星期一关门。请在七月底以前还书，谢谢大家的帮助。"},
		{"Big5", traditionalchinese.Big5, "圖書館星期一關門。請在七月底以前還書，謝謝大家的幫助。"},
		{"windows-1251", charmap.Windows1251, "Библиотека закрыта в понедельник. Просим вернуть книги до конца июля."},
		{"windows-1251, Ukrainian", charmap.Windows1251, "Бібліотека зачинена в понеділок. Просимо повернути книги до кінця липня."},
		{"EUC-KR, short", korean.EUCKR, "안녕하세요 세계 테스트"},
		{"GBK, short", simplifiedchinese.GBK, "你好 世界 港口"},
		{"windows-1251, short", charmap.Windows1251, "Порт закрыт"},
		{"KOI8-R, short", charmap.KOI8R, "Порт закрыт"},
		{"three German words", charmap.Windows1252, "Größe Maß über"},
		{"Dutch", charmap.Windows1252, "De haven is gesloten; vóór maandag vaart er geen veerboot naar Curaçao, zegt de coördinator."},
		{"Finnish", charmap.Windows1252, "Satama on suljettu maanantaihin asti kovan tuulen vuoksi. Lautat eivät kulje, matkustajat odottavat sisällä."},
		{"Danish", charmap.Windows1252, "Havnen er lukket til mandag på grund af kraftig blæst. Færgerne sejler ikke, og passagererne må vente på øen."},
		{"Portuguese", charmap.Windows1252, "O porto está fechado até segunda-feira. As balsas não saem e os passageiros esperam na estação, então são muitos."},
		{"Hungarian", charmap.Windows1250, "A kikötő az erős szél miatt hétfőig zárva van. A kompok nem közlekednek, az utasok várnak."},
		{"KOI8-R", charmap.KOI8R, "Библиотека закрыта в понедельник. Просим вернуть книги до конца июля."},
		{"Shift JIS without kana", japanese.ShiftJIS, "東京都港湾局発行 昭和六十年度報告書 目次 序論 港湾統計"},
		{"ISO-8859-5", charmap.ISO8859_5, "Библиотека закрыта в понедельник. Просим вернуть книги до конца июля."},
		{"windows-1250", charmap.Windows1250, "Přístav je kvůli silnému větru uzavřen do pondělí. Trajekty nejezdí, cestující čekají. Příliš žluťoučký kůň."},
		{"windows-1250, Polish", charmap.Windows1250, "Port jest zamknięty do poniedziałku z powodu silnego wiatru. Promy nie pływają, pasażerowie czekają w mieście."},
		{"ISO-8859-2", charmap.ISO8859_2, "Port jest zamknięty do poniedziałku z powodu silnego wiatru. Promy nie pływają, pasażerowie czekają w mieście."},
		{"windows-1253", charmap.Windows1253, "Το λιμάνι είναι κλειστό μέχρι τη Δευτέρα λόγω ισχυρών ανέμων. Τα πλοία δεν ταξιδεύουν."},
		{"windows-1254", charmap.Windows1254, "Liman şiddetli rüzgâr nedeniyle pazartesiye kadar kapalı. Vapurlar çalışmıyor, yolcular bekliyor."},
		{"windows-1255", charmap.Windows1255, "הנמל סגור עד יום שני בגלל רוחות חזקות. המעבורות אינן פועלות."},
		{"windows-1256", charmap.Windows1256, "الميناء مغلق حتى يوم الاثنين بسبب الرياح القوية. العبارات لا تعمل."},
		{"English with signs", charmap.Windows1252, "“Hello”, he said – it’s “open” again… and that’s ‘all’ they’d “say” – ‘well’ “fine”"},
		{"German", charmap.Windows1252, "Die Bücherei schließt für größere Arbeiten. Süße Grüße, „Frau Müller“ – 5 €"},
		{"one German word", charmap.Windows1252, "Größe;Maß"},
		{"French", charmap.Windows1252, "La bibliothèque est fermée à Noël, où l’été a été très agréable, là-bas."},
		{"Italian", charmap.Windows1252, "È così: la città è più bella, perché c’è libertà e già si farà."},
		{"Spanish capitals", charmap.Windows1252, "AÑO ESPAÑOL: ÁÉÍÓÚ ÜÑ, ¿CÓMO ESTÁ?"},
		{"Icelandic", charmap.Windows1252, "Það er ágætt að þú ætlir að læra íslensku, sjáðu æðarfuglinn á öðrum stað."},
	} {
		raw, err := tt.enc.NewEncoder().Bytes([]byte(tt.text))
		if err != nil {
			t.Fatalf("%s: %v", tt.name, err)
		}
		if got, err := Decode(raw); err != nil || got != tt.text {
			t.Errorf("%s: %q, %v", tt.name, got, err)
		}
	}
}

func TestReader(t *testing.T) {
	t.Parallel()
	for label, test := range map[string]struct{ raw, want string }{
		"utf-8":        {"Größe", "Größe"},
		"ISO-8859-15":  {"\xa4", "€"},
		"cp850":        {"Gr\x94\xe1e", "Größe"},
		"utf-7":        {"Gr+APYA3w-e 1 +- 1 +2D3cSg- +AOQ", "Größe 1 + 1 👊 ä"},
		"UTF-7":        {"a +/ b", "a \uFFFD b"},
		"iso-2022-jp":  {"\x1b$BL@F|\x1b(B", "明日"},
		"windows-1250": {"\x9e", "ž"},
	} {
		in, err := Reader(label, strings.NewReader(test.raw))
		if err != nil {
			t.Errorf("%s: %v", label, err)
			continue
		}
		got, err := io.ReadAll(in)
		if err != nil || label != "UTF-7" && string(got) != test.want {
			t.Errorf("%s: %q, %v", label, got, err)
		}
	}
	if _, err := Reader("x-none", strings.NewReader("")); err == nil {
		t.Error("an encoding that is none")
	}
}

func FuzzUTF7(f *testing.F) {
	f.Add("a+APY-b+-c+")
	f.Fuzz(func(t *testing.T, text string) {
		if got := decodeUTF7(text); utf8.ValidString(text) && !utf8.ValidString(got) {
			t.Errorf("%q became %q", text, got)
		}
	})
}
