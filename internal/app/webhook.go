package app

import (
	"net/http"
	"time"

	"morag/internal/outbound"
)

// webhookTimeout is for one whole call; a try may give up sooner.
const webhookTimeout = time.Minute

// webhookClient speaks to the receivers of webhooks where the guard allows. It follows
// no redirect: what is signed is for the receiver that the client named.
func webhookClient(guard *outbound.Guard) *http.Client {
	client := guard.Client(webhookTimeout)
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return client
}
