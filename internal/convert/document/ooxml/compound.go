package ooxml

import (
	"bytes"
	"errors"
	"fmt"
	"io"

	"morag/internal/convert"
)

// compoundMagic begins an OLE compound file: the formats before OOXML, and the wrapping
// of encrypted OOXML files ([MS-CFB] 2.2, [MS-OFFCRYPTO] 2.3.4).
const compoundMagic = "\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1"

// maxCompoundScan bounds the search for the names of streams, in bytes.
const maxCompoundScan = 64 << 20

// checkCompound says what a compound file really is, by the streams that it names
// in UTF-16, and nil of any other. The encryption decides: an encrypted file holds nothing
// else.
func checkCompound(r io.ReaderAt, size int64, f format) error {
	if is, err := isCompound(r); err != nil || !is {
		return err
	}
	found, err := findAny(io.NewSectionReader(r, 0, min(size, maxCompoundScan)),
		"EncryptedPackage", "WordDocument", "PowerPoint Document", "Workbook", "Book") // that of before 1997
	if err != nil {
		return fmt.Errorf("read document: %w", err)
	}
	switch {
	case found[0]:
		return convert.BadSource("the document is encrypted; save it without a password", nil)
	case found[1]:
		return convert.Unsupported("the file is in the old Word format (doc), whatever its name says; save it as docx")
	case found[2]:
		return convert.Unsupported("the file is in the old PowerPoint format (ppt), whatever its name says; save it as pptx")
	case found[3], found[4]:
		return convert.Unsupported("the file is in the old Excel format (xls), whatever its name says; save it as xlsx")
	}
	return convert.BadSource("the file is an old Office or compound file and not "+f.noun, nil)
}

// findAny tells which of the words are in the stream, as little-endian UTF-16.
func findAny(r io.Reader, words ...string) ([]bool, error) {
	patterns := make([][]byte, len(words))
	longest := 0
	for i, word := range words {
		for _, c := range []byte(word) {
			patterns[i] = append(patterns[i], c, 0)
		}
		longest = max(longest, len(patterns[i]))
	}
	found := make([]bool, len(words))
	window := make([]byte, 256<<10)
	kept := 0
	for {
		n, err := io.ReadFull(r, window[kept:])
		text := window[:kept+n]
		for i, pattern := range patterns {
			found[i] = found[i] || bytes.Contains(text, pattern)
		}
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			return found, nil
		}
		if err != nil {
			return nil, err
		}
		kept = copy(window, text[len(text)-longest:])
	}
}

// IsEncrypted tells whether the first size bytes of r are an encrypted Office file, of
// whatever kind. Its errors are those of reading.
func IsEncrypted(r io.ReaderAt, size int64) (bool, error) {
	if is, err := isCompound(r); err != nil || !is {
		return false, err
	}
	found, err := findAny(io.NewSectionReader(r, 0, min(size, maxCompoundScan)), "EncryptedPackage")
	if err != nil {
		return false, fmt.Errorf("read document: %w", err)
	}
	return found[0], nil
}

func isCompound(r io.ReaderAt) (bool, error) {
	head := make([]byte, len(compoundMagic))
	if _, err := r.ReadAt(head, 0); err != nil && !errors.Is(err, io.EOF) {
		return false, fmt.Errorf("read document: %w", err)
	}
	return string(head) == compoundMagic, nil
}
