package legacy

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"

	"morag/internal/convert"
	"morag/internal/convert/document/source"
	"morag/internal/proc"
)

const (
	name   = "soffice"
	remedy = "apt-get install libreoffice-writer libreoffice-calc libreoffice-impress python3"
	// library is the part of LibreOffice that does its work.
	library = "libmergedlo.so"
	// sheetLibrary is what it needs besides for sheets, which packages without a user interface
	// do not have.
	sheetLibrary = "libscuilo.so"
)

// kit is a program in Python that calls LibreOffice as a library. The program soffice opens a
// socket in the system's folder for scratch, which the walls of a conversion do not allow.
//
//go:embed kit.py
var kit string

// Engine tells whether LibreOffice is here.
func Engine(ctx context.Context) convert.Engine {
	version, err := proc.Version(ctx, name, "--version")
	return convert.Engine{Name: name, Purpose: "text of old Office files (doc, xls, ppt)", Version: version, Available: err == nil, Remedy: remedy}
}

// run is a run of LibreOffice, with a profile, a home and folders for what it writes that are
// all in dir. It opens nothing that the document refers to: there is nobody who could allow it.
type run struct {
	program string
	dir     string
	made    string // the file that is to be made
}

// modernize writes the document in the format of today.
func (r run) modernize(ctx context.Context, src source.File, f format) error {
	if err := r.prepare(src, f); err != nil {
		return fmt.Errorf("run LibreOffice: %w", err)
	}
	cmd, err := r.command(f)
	if err != nil {
		return err
	}
	cmd.Dir, cmd.Timeout = r.dir, src.Limits.Timeout
	cmd.Env = []string{"HOME=" + r.in("home"), "TMPDIR=" + r.in("tmp"), "SAL_USE_VCLPLUGIN=svp"}
	_, err = proc.Run(ctx, cmd)
	var exit *proc.Error
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return ctx.Err()
	case errors.Is(err, proc.ErrNotFound):
		return convert.NoEngine(fmt.Sprintf("the file is in %s, which LibreOffice reads, and that is not here: %s; or save it as %s", f.noun, remedy, f.extension))
	case errors.Is(err, proc.ErrTimeout):
		return convert.BadSource(fmt.Sprintf("the document took LibreOffice longer than %s", src.Limits.Timeout), err)
	case errors.As(err, &exit) && exit.ExitCode == cannotRead:
		return convert.BadSource("the document is damaged or protected by a password: LibreOffice cannot read it", err)
	}
	return convert.EngineFailed("LibreOffice failed on the document", err)
}

// cannotRead is how kit ends when LibreOffice does not take the document.
const cannotRead = 65

func (r run) in(folder string) string { return filepath.Join(r.dir, folder) }

// prepare makes the folders, and gives the source a name with the extension of what it is.
func (r run) prepare(src source.File, f format) error {
	from, err := filepath.Abs(src.Path)
	if err == nil {
		err = os.Symlink(from, r.in("source."+f.old))
	}
	for _, folder := range []string{"out", "home", "tmp"} {
		err = errors.Join(err, os.Mkdir(r.in(folder), 0o700))
	}
	settings := filepath.Join(r.in("profile"), "user")
	if err == nil {
		err = os.MkdirAll(settings, 0o700)
	}
	if err == nil {
		err = os.WriteFile(filepath.Join(settings, "registrymodifications.xcu"), []byte(profile), 0o600)
	}
	return err
}

// command calls the library where there are Python and it, else the program.
func (r run) command(f format) (proc.Cmd, error) {
	home := fileURL(r.in("profile"))
	if program, err := proc.Find(r.program); err == nil {
		program, err = filepath.EvalSymlinks(program)
		folder := filepath.Dir(program)
		_, noLibrary := os.Stat(filepath.Join(folder, library))
		python, noPython := proc.Find("python3")
		if err == nil && noLibrary == nil && noPython == nil {
			if _, err := os.Stat(filepath.Join(folder, sheetLibrary)); err != nil && f.extension == "xlsx" {
				return proc.Cmd{}, convert.NoEngine("the file is in " + f.noun + ", for which LibreOffice lacks a part here: apt-get install libreoffice-calc, or save it as xlsx")
			}
			return proc.Cmd{Name: python, Args: []string{"-I", "-c", kit, folder, home, fileURL(r.in("source." + f.old)), fileURL(r.made), f.extension}}, nil
		}
	}
	return proc.Cmd{Name: r.program, Args: []string{
		"-env:UserInstallation=" + home, "--headless", "--norestore", "--nolockcheck", "--nodefault",
		"--convert-to", f.extension, "--outdir", filepath.Dir(r.made), r.in("source." + f.old),
	}}, nil
}

func fileURL(path string) string {
	return (&url.URL{Scheme: "file", Path: filepath.ToSlash(path)}).String()
}

// profile has no macros run and no links followed.
const profile = `<?xml version="1.0" encoding="UTF-8"?>
<oor:items xmlns:oor="http://openoffice.org/2001/registry" xmlns:xs="http://www.w3.org/2001/XMLSchema" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">
<item oor:path="/org.openoffice.Office.Common/Security/Scripting"><prop oor:name="MacroSecurityLevel" oor:op="fuse"><value>3</value></prop></item>
<item oor:path="/org.openoffice.Office.Common/Security/Scripting"><prop oor:name="DisableMacrosExecution" oor:op="fuse"><value>true</value></prop></item>
<item oor:path="/org.openoffice.Office.Common/Security/Scripting"><prop oor:name="BlockUntrustedRefererLinks" oor:op="fuse"><value>true</value></prop></item>
<item oor:path="/org.openoffice.Office.Writer/Content/Update"><prop oor:name="Link" oor:op="fuse"><value>0</value></prop></item>
<item oor:path="/org.openoffice.Office.Calc/Content/Update"><prop oor:name="Link" oor:op="fuse"><value>1</value></prop></item>
</oor:items>
`
