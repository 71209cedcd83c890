package row

import (
	"encoding/json"

	"morag/internal/index"
)

// EncodePlaces is the column of a chunk's places, "" for none.
func EncodePlaces(places []index.Place) (string, error) {
	if len(places) == 0 {
		return "", nil
	}
	text, err := json.Marshal(places)
	return string(text), err
}

func decodePlaces(text []byte) (places []index.Place, err error) {
	if len(text) > 0 {
		err = json.Unmarshal(text, &places)
	}
	return places, err
}
