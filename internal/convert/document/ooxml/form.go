package ooxml

// maxChoices is the most entries of a list to choose from that are looked at.
const maxChoices = 100

// form reads what a box shows that is filled in as in old programs and has no text of its own:
// a box to tick, or the entry that was chosen of a list.
func (s *story) form() (shown string, err error) {
	err = s.x.each(func(e element) error {
		if e.name != "w:ffData" {
			return nil
		}
		return s.x.each(func(e element) error {
			switch e.name {
			case "w:checkBox":
				shown, err = s.checkBox()
			case "w:ddList":
				shown, err = s.choice()
			}
			return err
		})
	})
	return shown, err
}

func (s *story) checkBox() (string, error) {
	isTicked, isSet := false, false
	err := s.x.each(func(e element) error {
		switch {
		case e.name == "w:checked":
			isTicked, isSet = isOn(e.val(), true), true
		case e.name == "w:default" && !isSet:
			isTicked = isOn(e.val(), true)
		}
		return nil
	})
	if isTicked {
		return "☒", err
	}
	return "☐", err
}

func (s *story) choice() (string, error) {
	chosen, isSet := 0, false
	var entries []string
	err := s.x.each(func(e element) error {
		switch {
		case e.name == "w:result":
			chosen, isSet = toNumber(e.val()), true
		case e.name == "w:default" && !isSet:
			chosen = toNumber(e.val())
		case e.name == "w:listEntry" && len(entries) < maxChoices:
			entries = append(entries, e.val())
		}
		return nil
	})
	if chosen < 0 || chosen >= len(entries) {
		return "", err
	}
	return entries[chosen], err
}
