package localecs

import "slices"

// maxPage is the most that ECS lists in one answer.
const maxPage = 100

// page returns the next page of ids, whose order must not change between calls.
// The token is the last id of the previous page.
func page(ids []string, maxResults *int32, token *string) (onPage []string, next *string, err error) {
	size := maxPage
	if maxResults != nil {
		if *maxResults < 1 || *maxResults > maxPage {
			return nil, nil, invalidParameter("maxResults must be between 1 and %d.", maxPage)
		}
		size = int(*maxResults)
	}
	if token != nil {
		last := slices.Index(ids, *token)
		if last < 0 {
			return nil, nil, invalidParameter("Invalid token.")
		}
		ids = ids[last+1:]
	}
	if len(ids) <= size {
		return ids, nil, nil
	}
	return ids[:size], &ids[size-1], nil
}
