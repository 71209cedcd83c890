package maintain

import "time"

// unheardEvery is how soon an end is told again that a crash has kept from its task.
const unheardEvery = 15 * time.Second

// unheardEnds tells tasks of ends that they have not heard. Its cursor goes on from
// round to round: what has ended before it was heard.
func (s *Service) unheardEnds() duty {
	return duty{name: "unheard ends", every: unheardEvery, page: s.tasks.TellEnds}
}
