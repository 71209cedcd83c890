package plaintext

import (
	"testing"

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
		{"KOI8-R", charmap.KOI8R, "Библиотека закрыта в понедельник. Просим вернуть книги до конца июля."},
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
