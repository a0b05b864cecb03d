package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"reflect"
	"strings"

	appsv1 "k8s.io/api/apps/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/apiserver/pkg/endpoints/request"
	"k8s.io/apiserver/pkg/registry/rest"
	"k8s.io/kubernetes/pkg/api/legacyscheme"
	"k8s.io/kubernetes/pkg/apis/apps"
	_ "k8s.io/kubernetes/pkg/apis/apps/install"
	_ "k8s.io/kubernetes/pkg/apis/core/install"
	"k8s.io/kubernetes/pkg/capabilities"
	"k8s.io/kubernetes/pkg/registry/apps/daemonset"
)

// refusal is one error of the API server: its field, or none for what cannot be decoded, and its words.
type refusal struct {
	Field   string `json:"field"`
	Message string `json:"message"`
}

// validate says of each line of standard input, a DaemonSet as JSON, how the API server refuses to create it: a JSON
// list of refusals for each, which is empty for what it takes. It runs the server's own code: strict decoding, defaults,
// the strategy of DaemonSets.
//
//	cluster validate
//
// With --types it prints the fields of every type of a DaemonSet instead, each with the Go type of its value.
func validate() int {
	if len(os.Args) == 2 && os.Args[1] == "--types" {
		types := map[string]map[string]string{}
		describe(reflect.TypeOf(appsv1.DaemonSet{}), types)
		if err := json.NewEncoder(os.Stdout).Encode(types); err != nil {
			return 1
		}
		return 0
	}
	// As every distribution runs it: --allow-privileged.
	capabilities.Setup(true, 0)
	lines := bufio.NewReaderSize(os.Stdin, 1<<20)
	out := bufio.NewWriter(os.Stdout)
	for {
		line, err := lines.ReadBytes('\n')
		if len(line) > 0 {
			answer, _ := json.Marshal(refusals(line))
			_, _ = out.Write(append(answer, '\n'))
			if out.Flush() != nil {
				return 1
			}
		}
		if err != nil {
			return 0
		}
	}
}

// refusals are those of one document (createHandler, k8s.io/apiserver/pkg/endpoints/handlers/create.go; Store.Create,
// pkg/registry/generic/registry/store.go).
func refusals(document []byte) []refusal {
	info, _ := runtime.SerializerInfoForMediaType(legacyscheme.Codecs.SupportedMediaTypes(), runtime.ContentTypeJSON)
	decoder := legacyscheme.Codecs.DecoderToVersion(info.StrictSerializer, apps.SchemeGroupVersion)
	kind := appsv1.SchemeGroupVersion.WithKind("DaemonSet")
	object, _, err := decoder.Decode(document, &kind, &apps.DaemonSet{})
	if err != nil {
		if strict, is := runtime.AsStrictDecodingError(err); is {
			all := []refusal{}
			for _, one := range strict.Errors() {
				all = append(all, refusal{Message: one.Error()})
			}
			return all
		}
		return []refusal{{Message: err.Error()}}
	}
	set, is := object.(*apps.DaemonSet)
	if !is {
		return []refusal{{Field: "kind", Message: fmt.Sprintf("%T is no DaemonSet", object)}}
	}
	namespace := set.Namespace
	if namespace == "" {
		namespace = metav1.NamespaceDefault
	}
	rest.WipeObjectMetaSystemFields(set)
	rest.FillObjectMetaSystemFields(set)
	// The field manager writes them anew before the object is validated.
	set.ManagedFields = nil
	if set.GenerateName != "" && set.Name == "" {
		set.Name = daemonset.Strategy.GenerateName(set.GenerateName)
	}
	err = rest.BeforeCreate(daemonset.Strategy, request.WithNamespace(context.Background(), namespace), set)
	if err == nil {
		return []refusal{}
	}
	var status apierrors.APIStatus
	if !errors.As(err, &status) || status.Status().Details == nil || len(status.Status().Details.Causes) == 0 {
		return []refusal{{Message: err.Error()}}
	}
	all := []refusal{}
	for _, cause := range status.Status().Details.Causes {
		all = append(all, refusal{Field: cause.Field, Message: cause.Message})
	}
	return all
}

// describe notes the fields of a type and of all types within.
func describe(of reflect.Type, types map[string]map[string]string) {
	if of.Kind() != reflect.Struct || types[of.Name()] != nil || isScalar(of) {
		return
	}
	fields := map[string]string{}
	types[of.Name()] = fields
	for i := range of.NumField() {
		field := of.Field(i)
		name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
		if name == "" {
			// Fields of an embedded struct stand in the struct itself.
			inner := map[string]map[string]string{}
			describe(field.Type, inner)
			for key, value := range inner[field.Type.Name()] {
				fields[key] = value
			}
			delete(inner, field.Type.Name())
			for key, value := range inner {
				types[key] = value
			}
			continue
		}
		if name == "-" {
			continue
		}
		fields[name] = described(field.Type, types)
	}
}

func described(of reflect.Type, types map[string]map[string]string) string {
	switch {
	case of.Kind() == reflect.Pointer:
		return described(of.Elem(), types)
	case of.Kind() == reflect.Slice && of.Elem().Kind() != reflect.Uint8:
		return "[]" + described(of.Elem(), types)
	case of.Kind() == reflect.Map:
		return "map:" + described(of.Elem(), types)
	case of.Kind() == reflect.Struct && !isScalar(of):
		describe(of, types)
		return of.Name()
	case of.Kind() == reflect.Struct:
		return "scalar:" + of.Name()
	}
	return "scalar:" + of.Kind().String()
}

// isScalar tells structs that are written as one value.
func isScalar(of reflect.Type) bool {
	switch of {
	case reflect.TypeOf(resource.Quantity{}), reflect.TypeOf(intstr.IntOrString{}), reflect.TypeOf(metav1.Time{}),
		reflect.TypeOf(metav1.MicroTime{}), reflect.TypeOf(metav1.FieldsV1{}):
		return true
	}
	return false
}
