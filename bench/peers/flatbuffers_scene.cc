// flatbuffers_scene.cc - FlatBuffers with generated code for the bench's scene, and by name through
// reflection. Needs the headers that flatc makes of flatbuffers_scene.fbs.
#include "flatbuffers_scene_bfbs_generated.h"
#include "flatbuffers_scene_generated.h"
#include "scene.h"

#include <flatbuffers/reflection.h>
#include <string.h>
#include <vector>

namespace
{

flatbuffers::FlatBufferBuilder builder(1 << 20); // keeps its memory, as a program would

flatbuffers::Offset<bench::Custom> encode_custom(const scene_object *o)
{
    auto inner = bench::CreateInner(builder, builder.CreateString(SCENE_CUSTOM_PATH), true);
    auto label = builder.CreateString(SCENE_CUSTOM_LABEL);
    auto weights = builder.CreateVector(o->matrix_local, SCENE_CUSTOM_WEIGHTS);
    return bench::CreateCustom(builder, inner, label, SCENE_CUSTOM_LEVEL, weights);
}

const void *encode(const scene_content *c, size_t *size)
{
    static std::vector<flatbuffers::Offset<bench::Object>> objects;
    builder.Clear();
    objects.resize(c->object_count);
    for (uint32_t i = 0; i < c->object_count; i++) {
        const scene_object *o = &c->objects[i];
        auto name = builder.CreateString(c->names[i]);
        bench::Vector3 location(o->location[0], o->location[1], o->location[2]);
        bench::Vector3 scale(o->scale[0], o->scale[1], o->scale[2]);
        bench::Vector4 rotation(o->rotation_quaternion[0], o->rotation_quaternion[1],
                                o->rotation_quaternion[2], o->rotation_quaternion[3]);
        bench::Matrix matrix;
        memcpy(&matrix, o->matrix_local, sizeof matrix);
        flatbuffers::Offset<bench::Custom> custom;
        if (scene_has_custom(c, i)) custom = encode_custom(o);
        objects[i] = bench::CreateObject(builder, 0, name, o->data, o->hide != 0, &location,
                                         o->mass, &matrix, o->parent, &rotation, &scale, custom);
    }
    std::vector<flatbuffers::Offset<bench::Mesh>> meshes;
    if (c->vertex_count) {
        auto name = builder.CreateString("Mesh");
        auto index = builder.CreateVector(c->indices, 6 * (size_t)c->vertex_count);
        auto normal = builder.CreateVector(c->normals, 3 * (size_t)c->vertex_count);
        auto position = builder.CreateVector(c->positions, 3 * (size_t)c->vertex_count);
        auto uv = builder.CreateVector(c->uvs, 2 * (size_t)c->vertex_count);
        meshes.push_back(bench::CreateMesh(builder, name, index, normal, position, uv));
    }
    auto all = builder.CreateVector(objects);
    builder.Finish(bench::CreateScene(builder, all, builder.CreateVector(meshes)));
    *size = builder.GetSize();
    return builder.GetBufferPointer();
}

int validate(const void *bytes, size_t size)
{
    flatbuffers::Verifier verifier((const uint8_t *)bytes, size, 64, 1u << 30);
    return bench::VerifySceneBuffer(verifier);
}

double traverse(const void *bytes, size_t size)
{
    double sum = 0;
    if (!validate(bytes, size)) return -1;
    for (const bench::Object *o : *bench::GetScene(bytes)->objects()) {
        sum += o->name()->size() + o->data() + o->hide() + o->mass() + o->parent();
        sum += scene_sum((const float *)o->location(), 3);
        sum += scene_sum((const float *)o->matrix_local(), 16);
        sum += scene_sum((const float *)o->rotation_quaternion(), 4);
        sum += scene_sum((const float *)o->scale(), 3);
    }
    return sum;
}

void *open(const void *bytes, size_t size)
{
    return validate(bytes, size) ? (void *)bytes : nullptr;
}

double lookup(void *opened, const scene_read *reads, uint32_t count)
{
    const auto *objects = bench::GetScene(opened)->objects();
    double sum = 0;
    for (uint32_t i = 0; i < count; i++) {
        const bench::Object *o = objects->Get(reads[i].row);
        switch (reads[i].property) {
        case SCENE_DATA: sum += o->data(); break;
        case SCENE_HIDE: sum += o->hide(); break;
        case SCENE_LOCATION: sum += o->location()->z(); break;
        case SCENE_MASS: sum += o->mass(); break;
        case SCENE_MATRIX_LOCAL: sum += ((const float *)o->matrix_local())[2]; break;
        case SCENE_PARENT: sum += o->parent(); break;
        case SCENE_ROTATION_QUATERNION: sum += o->rotation_quaternion()->y(); break;
        default: sum += o->scale()->z(); break;
        }
    }
    return sum;
}

double lookup_by_name(void *opened, const scene_read *reads, uint32_t count)
{
    static const char *const names[SCENE_PROPERTIES] = SCENE_NAMES;
    const auto *objects = bench::GetScene(opened)->objects();
    const reflection::Schema *schema = reflection::GetSchema(bench::SceneBinarySchema::data());
    const reflection::Object *type = schema->objects()->LookupByKey("bench.Object");
    double sum = 0;
    for (uint32_t i = 0; i < count; i++) {
        const auto *table = (const flatbuffers::Table *)objects->Get(reads[i].row);
        const reflection::Field *field = type->fields()->LookupByKey(names[reads[i].property]);
        if (field->type()->base_type() == reflection::Obj)
            sum += table->GetStruct<const float *>(field->offset())[2];
        else if (field->type()->base_type() == reflection::UInt) // the double of a default is 0
            sum += (uint32_t)flatbuffers::GetAnyFieldI(*table, *field);
        else
            sum += flatbuffers::GetAnyFieldF(*table, *field);
    }
    return sum;
}

void close(void *) {}

const scene_peer generated = { "FlatBuffers", encode, validate, traverse, open, lookup, close };
const scene_peer by_name = { "FlatBuffers reflection", encode, validate, traverse, open,
                             lookup_by_name,           close };

} // namespace

const scene_peer *scene_peer_flatbuffers(void) { return &generated; }
const scene_peer *scene_peer_flatbuffers_reflection(void) { return &by_name; }
