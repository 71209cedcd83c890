package filestore

import "time"

// measured tells how long each sync of its disk takes.
type measured struct {
	disk
	now    func() time.Time
	synced func(time.Duration)
}

func (m measured) Sync(folder string) error {
	start := m.now()
	defer func() { m.synced(m.now().Sub(start)) }()
	return m.disk.Sync(folder)
}

func (m measured) Create(name string) (writeFile, error) {
	f, err := m.disk.Create(name)
	if err != nil {
		return nil, err
	}
	return measuredFile{f, m}, nil
}

type measuredFile struct {
	writeFile
	measured
}

func (f measuredFile) Sync() error {
	start := f.now()
	defer func() { f.synced(f.now().Sub(start)) }()
	return f.writeFile.Sync()
}
