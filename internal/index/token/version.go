package token

// Version changes whenever other terms are made of a text: words that were saved before are
// then made anew.
const Version = 1
