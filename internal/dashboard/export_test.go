package dashboard

// Paths are the patterns of all pages, and Forms those of all forms.
func Paths() (all []string) {
	for _, p := range pages {
		all = append(all, p.path)
	}
	return all
}

func Forms() (all []string) {
	for _, a := range actions {
		all = append(all, a.path)
	}
	return all
}

// Policy is what every page has to say of what may run in it.
const Policy = policy
