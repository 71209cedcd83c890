// Package scoretest measures how much of a document its conversion keeps: the Markdown that
// comes out against the Markdown that is true, on documents that the tests make of texts
// whose truth is known. It knows no format; its test lists them, and the least score of each.
package scoretest
