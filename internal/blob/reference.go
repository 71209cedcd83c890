package blob

import (
	"context"
	"time"
)

// References is who uses which blobs. It belongs to blobs and not to any who use them,
// for tasks, documents, jobs and requests do so alike.
//
// A blob that somebody has used and nobody uses any more is to be deleted. Who begins to
// use a blob that somebody else may just let go must look afterwards that it is there,
// and may still find it gone.
//
// Every method is safe for concurrent use, joins the transaction that ctx carries, and
// returns nil only when the change is on stable storage or will be when that commits.
type References interface {
	// Refer makes refs all that user uses: for lasting, by the store's clock, or for good
	// when that is 0. Those it has used besides it uses no more. What is no blob is left
	// out.
	Refer(ctx context.Context, user string, lasting time.Duration, refs ...string) error

	// Used tells whether anybody but a [Hold] uses the blob.
	Used(ctx context.Context, ref string) (bool, error)

	// Unused returns at most n blobs that nobody uses any more, a hold included.
	Unused(ctx context.Context, n int) ([]string, error)

	// Known returns those of refs of which a user is known or was until [References].Forget.
	Known(ctx context.Context, refs []string) (map[string]bool, error)

	// Forget ends what is known of blobs that are deleted.
	Forget(ctx context.Context, refs ...string) error
}

// Hold is the user of a blob that was just put, or that a request reads, for as long as
// it may take to say who uses it.
func Hold(ref string) string { return holds + ref }

const holds = "hold:"

// Grace is how long a hold lasts after its last sign: longer than any upload's last step
// takes to be written into its task.
const Grace = time.Hour
