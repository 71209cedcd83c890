package dashboard

import "net/http"

// policy lets a browser run, show and fetch what this server serves, and nothing else:
// nothing that stands in a page itself is run. Of what it serves, PDFs alone let themselves be
// shown in a frame. A page that takes the place of another keeps what that was allowed, so
// all are allowed the same.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; media-src 'self'; " +
	"connect-src 'self'; frame-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

// protect sets what every answer here tells a browser. A form of another site's could be
// told from one of these pages' only by its origin, which a browser leaves out under a
// stricter referrer policy.
func protect(h http.Header) {
	h.Set("Content-Security-Policy", policy)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "same-origin")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
}
