package image

import (
	"fmt"
	"io"
	"maps"
	"strings"
	"time"

	"github.com/bep/imagemeta"
)

const (
	// Tags say little in much space: thumbnails, colour tables, notes of the maker.
	maxTags    = 2000
	maxTagSize = 4000 // bytes
)

// metadata is what is known before the picture is read.
func (p *picture) metadata() map[string]any {
	first := p.pages[0]
	meta := map[string]any{
		"width": first.width, "height": first.height, "format": strings.ToLower(p.name),
		"page_count": len(p.pages), "file_size": p.size, "mime_type": p.mime,
	}
	if p.orientation.swaps() {
		meta["width"], meta["height"] = first.height, first.width
	}
	maps.Copy(meta, p.tags)
	return meta
}

// readTags reads EXIF, IPTC and XMP. Tags that cannot be read are no reason to refuse
// a picture that can.
func (p *picture) readTags(file io.ReadSeeker) {
	p.orientation, p.tags = upright, map[string]any{}
	if p.format.tags == imagemeta.ImageFormatAuto {
		return
	}
	var found imagemeta.Tags
	_, _ = guard(func() (imagemeta.DecodeResult, error) {
		return imagemeta.Decode(imagemeta.Options{
			R: file, ImageFormat: p.format.tags, Sources: imagemeta.EXIF | imagemeta.IPTC | imagemeta.XMP,
			ShouldHandleTag: func(imagemeta.TagInfo) bool { return true },
			HandleTag:       func(tag imagemeta.TagInfo) error { found.Add(tag); return nil },
			LimitNumTags:    maxTags, LimitTagSize: maxTagSize,
		})
	})
	exif, iptc, xmp := found.EXIF(), found.IPTC(), found.XMP()
	if n, ok := exif["Orientation"].Value.(uint16); ok {
		p.orientation = orientation(n)
	}
	for name, values := range map[string][]any{
		"title":       {xmp["Title"].Value, xmp["title"].Value, iptc["ObjectName"].Value, iptc["Headline"].Value, exif["XPTitle"].Value},
		"author":      {xmp["Creator"].Value, xmp["creator"].Value, iptc["By-line"].Value, iptc["Byline"].Value, exif["Artist"].Value},
		"description": {xmp["Description"].Value, xmp["description"].Value, iptc["Caption-Abstract"].Value, iptc["Caption"].Value, exif["ImageDescription"].Value},
		"keywords":    {xmp["Subject"].Value, xmp["subject"].Value, iptc["Keywords"].Value},
		"copyright":   {exif["Copyright"].Value, xmp["Rights"].Value, xmp["rights"].Value, iptc["CopyrightNotice"].Value},
		"camera":      {strings.TrimSpace(tagText(exif["Make"].Value) + " " + tagText(exif["Model"].Value))},
		"software":    {exif["Software"].Value, xmp["CreatorTool"].Value},
	} {
		if text := firstText(values...); text != "" {
			p.tags[name] = text
		}
	}
	created := firstDate(
		tagText(exif["DateTimeOriginal"].Value)+tagText(exif["OffsetTimeOriginal"].Value),
		tagText(exif["DateTimeDigitized"].Value)+tagText(exif["OffsetTimeDigitized"].Value),
		tagText(xmp["DateTimeOriginal"].Value), tagText(xmp["CreateDate"].Value), tagText(xmp["DateCreated"].Value),
		tagText(iptc["DateCreated"].Value), tagText(exif["DateTime"].Value)+tagText(exif["OffsetTime"].Value),
	)
	if created != "" {
		p.tags["created"] = created
	}
	if latitude, longitude, err := found.GetLatLong(); err == nil && (latitude != 0 || longitude != 0) {
		p.tags["latitude"], p.tags["longitude"] = latitude, longitude
	}
}

func firstText(values ...any) string {
	for _, value := range values {
		if text := tagText(value); text != "" {
			return text
		}
	}
	return ""
}

// tagText is a tag's value in one line.
func tagText(value any) string {
	switch v := value.(type) {
	case string:
		return clean(v)
	case []string:
		return clean(strings.Join(v, ", "))
	case []any:
		parts := make([]string, len(v))
		for i, part := range v {
			parts[i] = fmt.Sprint(part)
		}
		return clean(strings.Join(parts, ", "))
	}
	return ""
}

// firstDate is the first that is a date, as RFC 3339 in UTC; times without a zone, as
// cameras write them, are taken for UTC.
func firstDate(values ...string) string {
	for _, value := range values {
		for _, layout := range []string{
			"2006:01:02 15:04:05Z07:00", "2006:01:02 15:04:05",
			"2006:01:02", time.RFC3339Nano, "2006-01-02T15:04:05", "2006-01-02T15:04", time.DateOnly, "20060102",
		} {
			if t, err := time.Parse(layout, value); err == nil && t.Year() > 1 {
				return t.UTC().Format(time.RFC3339)
			}
		}
	}
	return ""
}
