package pdf

import (
	"context"
	"errors"
	"fmt"
	"image"
	"image/png"
	"io"
	"os"
	"reflect"
	"runtime/debug"
	"strings"
	"sync"

	"morag/internal/convert/document/property"

	pdfium "github.com/klippa-app/go-pdfium"
	"github.com/klippa-app/go-pdfium/enums"

	pdfiumerrors "github.com/klippa-app/go-pdfium/errors"
	"github.com/klippa-app/go-pdfium/references"
	"github.com/klippa-app/go-pdfium/requests"
	"github.com/klippa-app/go-pdfium/webassembly"
	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"

	"morag/internal/convert"
)

const (
	pdfiumName   = "pdfium"
	pdfiumModule = "github.com/klippa-app/go-pdfium"
	// maxPDFiumMemory is the most bytes that one open document takes, apart from its file,
	// and maxPDFiumOpen how many are open at a time.
	maxPDFiumMemory = 1 << 30
	maxPDFiumOpen   = 2
	// wasmPage is what WebAssembly counts memory in.
	wasmPage = 64 << 10
)

// pdfiumPool keeps pdfium ready, once it was needed: compiling it takes seconds. It is
// WebAssembly, so that it reaches neither the disk nor the memory of this process; its
// own is bounded, and so is how many documents are open.
type pdfiumPool struct {
	maxMemory int64 // bytes of one document
	maxOpen   int
	config    Config

	mu   sync.Mutex
	pool pdfium.Pool
}

// newPDFium starts nothing yet.
func newPDFium(c Config) *pdfiumPool {
	return &pdfiumPool{maxMemory: min(c.MaxMemory, maxPDFiumMemory), maxOpen: maxPDFiumOpen, config: c}
}

// start compiles pdfium when that was not done.
func (p *pdfiumPool) start() (pdfium.Pool, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.pool != nil {
		return p.pool, nil
	}
	pool, err := p.compile(p.config.CompileCache)
	if err != nil && p.config.CompileCache != "" {
		pool, err = p.compile("") // where nothing can be kept, it takes longer
	}
	if err != nil {
		return nil, convert.EngineFailed("the built-in PDF reader could not be started", err)
	}
	p.pool = pool
	return pool, nil
}

// compile takes what it compiles from a folder, if it is there, and leaves it there.
func (p *pdfiumPool) compile(dir string) (pdfium.Pool, error) {
	runtime := wazero.NewRuntimeConfig().WithCloseOnContextDone(true).WithMemoryLimitPages(uint32(min(p.maxMemory/wasmPage, 1<<16)))
	if dir != "" {
		cache, err := wazero.NewCompilationCacheWithDir(dir)
		if err != nil {
			return nil, err
		}
		runtime = runtime.WithCompilationCache(cache)
	}
	return webassembly.Init(webassembly.Config{
		MaxTotal: p.maxOpen, FSConfig: wazero.NewFSConfig(), Stdout: io.Discard, Stderr: io.Discard, RuntimeConfig: runtime,
	})
}

// open loads a document; the file is read as it is needed. When ctx ends, whatever the
// document is being asked ends with an error.
func (p *pdfiumPool) open(ctx context.Context, path, password string) (engine, error) {
	pool, err := p.start()
	if err != nil {
		return nil, err
	}
	instance, err := pool.GetInstanceWithContext(ctx)
	if ctx.Err() != nil {
		if err == nil {
			_ = instance.Close()
		}
		return nil, ctx.Err()
	}
	if err != nil {
		return nil, convert.EngineFailed("the built-in PDF reader could not be started", err)
	}
	bounded, cancel := context.WithTimeoutCause(ctx, p.config.Timeout, errPDFTimeout)
	d := &pdfiumDocument{config: p.config, instance: instance, ctx: bounded, outer: ctx, release: []func(){cancel}}
	err = d.stopWith(bounded)
	if err == nil {
		err = d.load(path, password)
	}
	if err != nil {
		d.close()
		return nil, err
	}
	return d, nil
}

var errPDFTimeout = errors.New("pdfium took too long")

// pdfiumDocument is the engine without poppler.
type pdfiumDocument struct {
	config   Config
	ctx      context.Context // of the whole conversion, with its time limit
	outer    context.Context
	instance pdfium.Pdfium
	document references.FPDF_DOCUMENT
	count    int
	release  []func() // last first, after the instance

	mu sync.Mutex // an instance does one thing at a time
}

// stopWith ends the running call when ctx ends, by closing the module it runs in. The
// library's own Kill does so too, but races with the call.
func (d *pdfiumDocument) stopWith(ctx context.Context) error {
	field := reflect.Indirect(reflect.ValueOf(d.instance.GetImplementation())).FieldByName("Module")
	if !field.IsValid() || !field.CanInterface() {
		return convert.EngineFailed("the built-in PDF reader could not be started", errors.New("no module in the instance"))
	}
	module, ok := field.Interface().(api.Module)
	if !ok {
		return convert.EngineFailed("the built-in PDF reader could not be started", errors.New("no module in the instance"))
	}
	closed := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		defer close(closed)
		_ = module.CloseWithExitCode(context.Background(), 1)
	})
	d.release = append(d.release, func() {
		if !stop() {
			<-closed
		}
	})
	return nil
}

func (d *pdfiumDocument) load(path, password string) error {
	file, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("read PDF: %w", err)
	}
	d.release = append(d.release, func() { _ = file.Close() })
	info, err := file.Stat()
	if err != nil {
		return fmt.Errorf("read PDF: %w", err)
	}
	opened, err := d.instance.OpenDocument(&requests.OpenDocument{FileReader: file, FileReaderSize: info.Size(), Password: &password})
	switch {
	case errors.Is(err, pdfiumerrors.ErrPassword):
		return locked(password, err)
	case err != nil:
		return d.failure(err)
	}
	d.document = opened.Document
	pages, err := d.instance.FPDF_GetPageCount(&requests.FPDF_GetPageCount{Document: d.document})
	if err != nil {
		return d.failure(err)
	}
	if d.count = pages.PageCount; d.count > d.config.MaxPages {
		return tooManyPages(d.config.MaxPages)
	}
	return nil
}

func (d *pdfiumDocument) read(context.Context) (*pdfText, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	found := &pdfText{engine: pdfiumName, metadata: d.metadata()}
	found.metadata["page_count"] = d.count
	size := int64(0)
	broken := 0
	for i := range d.count {
		page, err := d.layout(i)
		if d.ctx.Err() != nil {
			return nil, d.failure(err)
		}
		if err != nil { // the others may be sound
			broken++
		}
		for _, run := range page.Runs {
			size += int64(len(run.Text))
		}
		if size > d.config.MaxText {
			return nil, tooMuchText(d.config.MaxText, nil)
		}
		found.doc.Pages = append(found.doc.Pages, page)
	}
	found.damaged = broken > 0
	return found, d.ended()
}

// pdfiumText gives back the hyphens of words that are cut at the end of a line.
var pdfiumText = strings.NewReplacer("\x02", "-", "\ufffe", "-", "\r", " ", "\n", " ", "\f", " ", "\x00", "")

func (d *pdfiumDocument) metadata() map[string]any {
	meta := map[string]any{}
	tags, err := d.instance.GetMetaData(&requests.GetMetaData{Document: d.document})
	if err != nil {
		return meta
	}
	for _, tag := range tags.Tags {
		switch tag.Tag {
		case "Title":
			property.Set(meta, "title", property.Line(tag.Value))
		case "Author":
			property.Set(meta, "author", property.Line(tag.Value))
		case "CreationDate":
			property.Set(meta, "created", parseDate(isoDate(tag.Value)))
		}
	}
	return meta
}

// isoDate writes "D:20240305143000+01'00'" as pdfinfo does.
func isoDate(value string) string {
	value = strings.ReplaceAll(strings.TrimPrefix(value, "D:"), "'", "")
	if len(value) < 14 {
		return ""
	}
	v, zone := value[:14], value[14:]
	if len(zone) == 5 {
		zone = zone[:3] + ":" + zone[3:]
	}
	return v[:4] + "-" + v[4:6] + "-" + v[6:8] + "T" + v[8:10] + ":" + v[10:12] + ":" + v[12:14] + zone
}

// pictures adds up the pictures, and the forms that may hold one.
func (d *pdfiumDocument) pictures(_ context.Context, first, last int) (map[int]float64, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	areas := map[int]float64{}
	for page := first; page <= last; page++ {
		objects, err := d.instance.FPDFPage_CountObjects(&requests.FPDFPage_CountObjects{Page: d.page(page - 1)})
		if err != nil {
			continue
		}
		for i := range min(objects.Count, maxPageObjects) {
			areas[page] += d.pictureArea(page-1, i)
		}
	}
	return areas, d.ended()
}

// maxPageObjects bounds how far a page is searched for a picture.
const maxPageObjects = 1000

func (d *pdfiumDocument) pictureArea(page, index int) float64 {
	object, err := d.instance.FPDFPage_GetObject(&requests.FPDFPage_GetObject{Page: d.page(page), Index: index})
	if err != nil {
		return 0
	}
	kind, err := d.instance.FPDFPageObj_GetType(&requests.FPDFPageObj_GetType{PageObject: object.PageObject})
	if err != nil || kind.Type != enums.FPDF_PAGEOBJ_IMAGE && kind.Type != enums.FPDF_PAGEOBJ_FORM {
		return 0
	}
	box, err := d.instance.FPDFPageObj_GetBounds(&requests.FPDFPageObj_GetBounds{PageObject: object.PageObject})
	if err != nil {
		return 0
	}
	return max(0, float64(box.Right-box.Left)) * max(0, float64(box.Top-box.Bottom))
}

func (d *pdfiumDocument) render(ctx context.Context, page int, size pageSize, file string) (err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if ctx.Err() != nil {
		return ctx.Err()
	}
	picture, err := d.instance.RenderPageInPixels(&requests.RenderPageInPixels{
		Page: d.page(page - 1), Width: size.side(), Height: size.side(), RenderFlags: enums.FPDF_RENDER_FLAG_GRAYSCALE,
	})
	if err != nil {
		return d.failure(err)
	}
	defer picture.Cleanup()
	out, err := os.OpenFile(file, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("draw PDF page: %w", err)
	}
	defer func() { err = errors.Join(err, out.Close()) }()
	encoder := png.Encoder{CompressionLevel: png.BestSpeed}
	if err := encoder.Encode(out, greyOf(picture.Result.Image)); err != nil {
		return fmt.Errorf("draw PDF page: %w", err)
	}
	return nil
}

// greyOf takes one colour of a picture that was drawn in grey: a quarter of the bytes.
func greyOf(drawn *image.RGBA) *image.Gray {
	grey := image.NewGray(drawn.Rect)
	for y := range drawn.Rect.Dy() {
		from, to := drawn.Pix[y*drawn.Stride:], grey.Pix[y*grey.Stride:][:grey.Stride]
		for x := range to {
			to[x] = from[4*x]
		}
	}
	return grey
}

func (d *pdfiumDocument) page(index int) requests.Page {
	return requests.Page{ByIndex: &requests.PageByIndex{Document: d.document, Index: index}}
}

// ended is the error of a conversion that was stopped or took too long.
func (d *pdfiumDocument) ended() error {
	switch {
	case d.outer.Err() != nil:
		return d.outer.Err()
	case d.ctx.Err() != nil:
		return tooSlow(d.config.Timeout, context.Cause(d.ctx))
	}
	return nil
}

func (d *pdfiumDocument) failure(err error) error {
	if ended := d.ended(); ended != nil {
		return ended
	}
	return unreadablePDF(err)
}

func (d *pdfiumDocument) close() {
	d.mu.Lock()
	defer d.mu.Unlock()
	_ = d.instance.Close()
	for i := len(d.release) - 1; i >= 0; i-- {
		d.release[i]()
	}
}

// pdfiumVersion is that of the module that brings it.
func pdfiumVersion() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return ""
	}
	for _, module := range info.Deps {
		if module.Path == pdfiumModule {
			return strings.TrimPrefix(module.Version, "v")
		}
	}
	return ""
}
