// Command protobuf knows the protobuf form of Kubernetes objects from their real types.
//
//	go run ./protobuf schema    prints the fields of the messages that the doctor reads (src/model/wire/protobuf/schema.txt)
//	go run ./protobuf encode    reads JSON objects and lists, one a line, and writes each as an API server answers with it,
//	                            behind its length in four bytes, the highest first
//	go run ./protobuf fill FOLDER [SEED]
//	                            makes up a list of each kind, with values in its fields, and writes it both as KIND.json
//	                            and as KIND.pb (tests/fuzz/corpus/protobuf)
package main

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"os"
	"reflect"
	"sort"
	"strings"

	admission "k8s.io/api/admissionregistration/v1"
	apps "k8s.io/api/apps/v1"
	batch "k8s.io/api/batch/v1"
	core "k8s.io/api/core/v1"
	discovery "k8s.io/api/discovery/v1"
	node "k8s.io/api/node/v1"
	policy "k8s.io/api/policy/v1"
	rbac "k8s.io/api/rbac/v1"
	device "k8s.io/api/resource/v1"
	scheduling "k8s.io/api/scheduling/v1"
	storage "k8s.io/api/storage/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/serializer/protobuf"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/client-go/kubernetes/scheme"
)

// roots are the kinds that the doctor reads, and what an API server says when it refuses.
var roots = []any{
	core.Node{}, core.Pod{}, apps.DaemonSet{}, apps.ControllerRevision{}, core.Namespace{}, core.ServiceAccount{},
	scheduling.PriorityClass{}, node.RuntimeClass{}, core.LimitRange{}, core.ResourceQuota{}, core.PersistentVolumeClaim{},
	core.PersistentVolume{}, storage.StorageClass{}, storage.CSINode{}, storage.VolumeAttachment{},
	storage.CSIStorageCapacity{}, storage.CSIDriver{}, device.DeviceClass{}, device.ResourceClaim{},
	device.ResourceClaimTemplate{}, device.ResourceSlice{}, policy.PodDisruptionBudget{},
	admission.ValidatingWebhookConfiguration{}, admission.MutatingWebhookConfiguration{},
	admission.ValidatingAdmissionPolicy{}, admission.ValidatingAdmissionPolicyBinding{},
	admission.MutatingAdmissionPolicy{}, admission.MutatingAdmissionPolicyBinding{}, discovery.EndpointSlice{}, core.Event{},
	apps.Deployment{}, apps.StatefulSet{}, apps.ReplicaSet{}, batch.Job{}, rbac.Role{}, rbac.ClusterRole{},
	rbac.RoleBinding{}, rbac.ClusterRoleBinding{}, meta.Status{}, meta.ListMeta{},
}

// leaves have a form of their own in JSON.
var leaves = map[reflect.Type]string{
	reflect.TypeFor[resource.Quantity]():    "quantity",
	reflect.TypeFor[intstr.IntOrString]():   "intOrString",
	reflect.TypeFor[meta.Time]():            "time",
	reflect.TypeFor[meta.MicroTime]():       "microTime",
	reflect.TypeFor[runtime.RawExtension](): "raw",
	reflect.TypeFor[meta.FieldsV1]():        "raw",
}

func main() {
	var err error
	switch {
	case len(os.Args) == 2 && os.Args[1] == "schema":
		err = schema(os.Stdout)
	case len(os.Args) == 2 && os.Args[1] == "encode":
		err = encode(os.Stdin, os.Stdout)
	case len(os.Args) >= 3 && os.Args[1] == "fill":
		seed := uint64(1)
		if len(os.Args) == 4 {
			_, err = fmt.Sscan(os.Args[3], &seed)
		}
		if err == nil {
			err = fillAll(os.Args[2], seed)
		}
	default:
		err = fmt.Errorf("usage: protobuf schema|encode|fill FOLDER [SEED]")
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

type field struct {
	number     int
	name, kind string
}

// schema prints every message that the roots are made of, with its fields by number.
func schema(out io.Writer) error {
	kinds := map[string]reflect.Type{}
	for _, root := range roots {
		kinds[reflect.TypeOf(root).Name()] = reflect.TypeOf(root)
	}
	messages := map[string]reflect.Type{}
	fields := map[string][]field{}
	var add func(message reflect.Type) (string, error)
	add = func(message reflect.Type) (string, error) {
		name := message.Name()
		// A kind has the bare name; what else is called so, that of its group.
		if kind, found := kinds[name]; found && kind != message {
			group := strings.Split(message.PkgPath(), "/")
			name = group[len(group)-2] + "." + name
		}
		if known, found := messages[name]; found && known != message {
			return "", fmt.Errorf("two messages are called %s", name)
		} else if found {
			return name, nil
		}
		messages[name] = message
		for i := range message.NumField() {
			member := message.Field(i)
			tag := strings.Split(member.Tag.Get("protobuf"), ",")
			if len(tag) < 2 {
				continue
			}
			json := strings.Split(member.Tag.Get("json"), ",")
			number := 0
			if _, err := fmt.Sscan(tag[1], &number); err != nil {
				return "", fmt.Errorf("%s.%s: %w", name, member.Name, err)
			}
			kind, err := kindOf(member.Type, add)
			if err != nil {
				return "", fmt.Errorf("%s.%s: %w", name, member.Name, err)
			}
			omits := false
			for _, option := range json[1:] {
				omits = omits || option == "omitempty"
			}
			switch basic := kind == "string" || kind == "int" || kind == "bool"; {
			case kind == "":
				continue
			case basic && omits && member.Type.Kind() != reflect.Pointer:
				// Where it is empty, protobuf has it all the same, and JSON has not.
				kind += "?"
			case json[0] == "":
				// Its fields stand in the object around it.
				json[0] = "="
			}
			fields[name] = append(fields[name], field{number, json[0], kind})
		}
		sort.Slice(fields[name], func(i, j int) bool { return fields[name][i].number < fields[name][j].number })
		return name, nil
	}
	for _, root := range roots {
		if _, err := add(reflect.TypeOf(root)); err != nil {
			return err
		}
	}
	names := []string{}
	for name := range messages {
		names = append(names, name)
	}
	sort.Strings(names)
	for _, name := range names {
		fmt.Fprintln(out, name)
		for _, field := range fields[name] {
			fmt.Fprintf(out, "%d %s %s\n", field.number, field.name, field.kind)
		}
	}
	return nil
}

// kindOf names what a field holds: a basic kind, a leaf, a message, a list ([]KIND) or a map ({}KIND). Bytes are left out:
// nothing that is read has any.
func kindOf(of reflect.Type, add func(reflect.Type) (string, error)) (string, error) {
	if leaf, found := leaves[of]; found {
		return leaf, nil
	}
	switch of.Kind() {
	case reflect.Pointer:
		return kindOf(of.Elem(), add)
	case reflect.String:
		return "string", nil
	case reflect.Bool:
		return "bool", nil
	case reflect.Int32, reflect.Int64, reflect.Uint32, reflect.Uint64:
		return "int", nil
	case reflect.Struct:
		return add(of)
	case reflect.Slice:
		if of.Elem().Kind() == reflect.Uint8 {
			return "", nil
		}
		kind, err := kindOf(of.Elem(), add)
		return "[]" + kind, err
	case reflect.Map:
		if of.Elem().Kind() == reflect.Slice {
			return "", nil
		}
		kind, err := kindOf(of.Elem(), add)
		return "{}" + kind, err
	}
	return "", fmt.Errorf("%s has no kind", of)
}

// encode writes JSON objects as protobuf.
func encode(in io.Reader, out io.Writer) error {
	lines := bufio.NewReaderSize(in, 1<<20)
	writer := bufio.NewWriter(out)
	serializer := protobuf.NewSerializer(scheme.Scheme, scheme.Scheme)
	for {
		line, err := lines.ReadBytes('\n')
		if len(bytes.TrimSpace(line)) > 0 {
			object, kind, err := scheme.Codecs.UniversalDeserializer().Decode(line, nil, nil)
			if err != nil {
				return fmt.Errorf("%.200s: %w", line, err)
			}
			object.GetObjectKind().SetGroupVersionKind(*kind)
			text := bytes.Buffer{}
			if err := serializer.Encode(object, &text); err != nil {
				return err
			}
			if err := binary.Write(writer, binary.BigEndian, uint32(text.Len())); err != nil {
				return err
			}
			if _, err := writer.Write(text.Bytes()); err != nil {
				return err
			}
		}
		if err == io.EOF {
			return writer.Flush()
		}
		if err != nil {
			return err
		}
	}
}
