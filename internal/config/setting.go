package config

// Setting is one setting as it is in force, for people.
type Setting struct {
	Name  string // of the environment variable
	Value string // "" for nothing; of a secret only that it is set
	From  string // where it comes from; "" for the default
	Help  string
}
