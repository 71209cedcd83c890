package filestore

import "time"

// measured tells how long each sync of its disk takes.
type measured struct {
	disk
	synced func(time.Duration)
}

func (m measured) Sync(folder string) error {
	start := time.Now()
	defer func() { m.synced(time.Since(start)) }()
	return m.disk.Sync(folder)
}

func (m measured) Create(name string) (writeFile, error) {
	f, err := m.disk.Create(name)
	if err != nil {
		return nil, err
	}
	return measuredFile{f, m.synced}, nil
}

type measuredFile struct {
	writeFile
	synced func(time.Duration)
}

func (f measuredFile) Sync() error {
	start := time.Now()
	defer func() { f.synced(time.Since(start)) }()
	return f.writeFile.Sync()
}
