package content

// Pieces is the content type of a source that is cut and not converted. No source that a
// client hands in is of it: [ValidType] does not let it be.
const Pieces = ".pieces"

// Cutting is how a source is cut: what the document of the type [Pieces] says, as JSON.
type Cutting struct {
	// Type is the content type of the pieces, and Suffix how the names of their files end.
	// There are none of what need not be cut.
	Type   string `json:"type"`
	Suffix string `json:"suffix"`
	// Rate is how many units a second has; 0 when they are pages.
	Rate     int            `json:"rate,omitempty"`
	Metadata map[string]any `json:"metadata,omitempty"`
	Warnings []string       `json:"warnings,omitempty"`
	// Folder is where the pieces are.
	Folder string  `json:"folder"`
	Pieces []Piece `json:"pieces"`
}

// Piece is a file: Head, and then a stretch of a file of the folder.
type Piece struct {
	From    int64  `json:"from"` // the units that belong to it
	To      int64  `json:"to"`
	HasFrom int64  `json:"has_from"` // those that are in it
	HasTo   int64  `json:"has_to"`
	Head    []byte `json:"head,omitempty"`
	File    string `json:"file"`
	Offset  int64  `json:"offset,omitempty"`
	Size    int64  `json:"size"`
}
