package localecs

import (
	"encoding/xml"
	"net/http"
	"net/url"
	"strconv"
)

const ec2Namespace = "http://ec2.amazonaws.com/doc/2016-11-15/"

// ec2Protocol is the EC2 query protocol: forms in, XML out.
type ec2Protocol struct{}

func (ec2Protocol) contentType() string { return "text/xml;charset=UTF-8" }

func (ec2Protocol) throttled() *APIError {
	return &APIError{
		Code: "RequestLimitExceeded", Message: "Request limit exceeded.", Status: http.StatusServiceUnavailable,
	}
}

func (ec2Protocol) encodeError(e *APIError, requestID string) []byte {
	type problem struct {
		Code    string
		Message string
	}
	// A structure of strings always encodes.
	body, _ := xml.Marshal(struct {
		XMLName   xml.Name  `xml:"Response"`
		Errors    []problem `xml:"Errors>Error"`
		RequestID string
	}{Errors: []problem{{e.Code, e.Message}}, RequestID: requestID})
	return append([]byte(xml.Header), body...)
}

// ec2Handlers execute EC2 actions on a request's form. They return a structure
// for encoding/xml.
var ec2Handlers = map[string]func(s *Server, form url.Values) (any, error){
	"DescribeNetworkInterfaces": (*Server).describeNetworkInterfaces,
	"DescribeSubnets":           (*Server).describeSubnets,
	"DescribeSecurityGroups":    (*Server).describeSecurityGroups,
	"DescribeRouteTables":       (*Server).describeRouteTables,
	"DescribeVpcEndpoints":      (*Server).describeVPCEndpoints,
}

// ec2Operation finds the action that a form names.
func (s *Server) ec2Operation(body []byte, requestID string) (action string, limit bucket, run operation) {
	form, err := url.ParseQuery(string(body))
	if err != nil {
		return "", "", func(Fault) ([]byte, error) {
			return nil, &APIError{Code: "MalformedQueryString", Message: err.Error()}
		}
	}
	action = form.Get("Action")
	handler, known := ec2Handlers[action]
	if !known {
		return action, "", func(Fault) ([]byte, error) { return nil, unknownAction("EC2", action) }
	}
	return action, ec2Bucket(action, form), func(Fault) ([]byte, error) {
		result, err := handler(s, form)
		if err != nil {
			return nil, err
		}
		return encodeEC2(action, requestID, result)
	}
}

func ec2Bucket(action string, form url.Values) bucket {
	switch {
	case action != "DescribeNetworkInterfaces":
		return ""
	case form.Has("MaxResults"), form.Has("Filter.1.Name"):
		return bucketInterfacesFiltered
	default:
		return bucketInterfaces
	}
}

// encodeEC2 wraps the result in the action's response element.
func encodeEC2(action, requestID string, result any) ([]byte, error) {
	body, err := xml.Marshal(struct {
		XMLName   xml.Name
		RequestID string `xml:"requestId"`
		Result    any
	}{xml.Name{Space: ec2Namespace, Local: action + "Response"}, requestID, result})
	if err != nil {
		return nil, err
	}
	return append([]byte(xml.Header), body...), nil
}

// formList reads a list parameter: name.1, name.2 and so on.
func formList(form url.Values, name string) []string {
	var values []string
	for i := 1; form.Has(name + "." + strconv.Itoa(i)); i++ {
		values = append(values, form.Get(name+"."+strconv.Itoa(i)))
	}
	return values
}
