package mirror

import (
	"context"
	"path/filepath"
	"strings"

	"morag/internal/client"
	"morag/internal/wire"
)

// learn asks the server which documents came from below the folder. Whether their files are
// still the same the pass finds out by what they hold. Of several from one place the newest
// counts: it is the one that a later source from there replaces.
func (m *Mirror) learn(ctx context.Context) error {
	known := map[string]bool{}
	var files []file
	for l := (client.DocumentFilter{Origin: m.prefix, List: client.List{Limit: 1000}}); ; {
		page, err := m.cfg.Server.Documents(ctx, l)
		if err != nil {
			return err
		}
		for _, d := range page.Documents {
			if f, ok := m.told(d); ok && !known[f.path] {
				known[f.path] = true
				files = append(files, f)
			}
		}
		if page.NextCursor == nil || *page.NextCursor == "" {
			break
		}
		l.Cursor = *page.NextCursor
	}
	if err := m.state.learn(ctx, files); err != nil {
		return err
	}
	m.know(files...)
	return nil
}

// told is the file that a document came from.
func (m *Mirror) told(d wire.Document) (file, bool) {
	if d.Origin == nil {
		return file{}, false
	}
	name, below := strings.CutPrefix(*d.Origin, m.prefix)
	if m.cfg.Origin == "" && m.cfg.Feed == "" {
		name = filepath.ToSlash(name)
	}
	if !below || name == "" {
		return file{}, false
	}
	return file{path: name, stat: stat{size: -1}, told: true, sum: d.Checksum, document: d.DocumentID}, true
}
