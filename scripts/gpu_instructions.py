"""Compiles SPIR-V modules of the training shader with RADV for a GPU that is not present, and prints a table of instructions and registers.

A loop's instructions are counted in the assembly: those of the loops with the most arithmetic that contain no other loop. An unrolled loop is divided by
the steps of a turn."""
import os
import re
import sys
from pathlib import Path

os.environ.setdefault("RADV_FORCE_FAMILY", "navi21")
os.environ["VK_DRIVER_FILES"] = os.environ["VK_ICD_FILENAMES"] = "/usr/share/vulkan/icd.d/radeon_icd.x86_64.json"
from vulkan import *  # noqa: E402,F403
from vulkan import ffi  # noqa: E402

STEPS_PER_TURN = {"checked": 1, "unchecked": 1, "hardware": 4}
UNIFORM, STORAGE = VK_DESCRIPTOR_TYPE_UNIFORM_BUFFER, VK_DESCRIPTOR_TYPE_STORAGE_BUFFER
# The bindings of src/backend/gpu/bindings.rs.
BINDINGS = [UNIFORM, UNIFORM, STORAGE, STORAGE, STORAGE, STORAGE, STORAGE, STORAGE, STORAGE, UNIFORM, STORAGE]


class Compiler:
    def __init__(self):
        instance = vkCreateInstance(VkInstanceCreateInfo(pApplicationInfo=VkApplicationInfo(apiVersion=VK_MAKE_VERSION(1, 2, 0))), None)
        adapter = vkEnumeratePhysicalDevices(instance)[0]
        self.name = vkGetPhysicalDeviceProperties(adapter).deviceName
        features = VkPhysicalDevicePipelineExecutablePropertiesFeaturesKHR(pipelineExecutableInfo=VK_TRUE)
        queue = VkDeviceQueueCreateInfo(queueFamilyIndex=0, pQueuePriorities=[1.0])
        extensions = ["VK_KHR_pipeline_executable_properties"]
        self.device = vkCreateDevice(adapter, VkDeviceCreateInfo(pNext=features, pQueueCreateInfos=[queue], ppEnabledExtensionNames=extensions), None)
        bindings = [VkDescriptorSetLayoutBinding(binding=number, descriptorType=kind, descriptorCount=1, stageFlags=VK_SHADER_STAGE_COMPUTE_BIT)
                    for number, kind in enumerate(BINDINGS)]
        layout = vkCreateDescriptorSetLayout(self.device, VkDescriptorSetLayoutCreateInfo(pBindings=bindings), None)
        self.layout = vkCreatePipelineLayout(self.device, VkPipelineLayoutCreateInfo(pSetLayouts=[layout]), None)
        self.statistics_of = vkGetDeviceProcAddr(self.device, "vkGetPipelineExecutableStatisticsKHR")
        wrapper = vkGetDeviceProcAddr(self.device, "vkGetPipelineExecutableInternalRepresentationsKHR")
        # The package's wrapper asks for the sizes of the texts only; the function itself is in its closure.
        self.representations_of = next(cell.cell_contents for cell in wrapper.__closure__ if isinstance(cell.cell_contents, ffi.CData))

    def compile(self, path):
        """Statistics and assembly of a module."""
        code = path.read_bytes()
        module = vkCreateShaderModule(self.device, VkShaderModuleCreateInfo(codeSize=len(code), pCode=code), None)
        stage = VkPipelineShaderStageCreateInfo(stage=VK_SHADER_STAGE_COMPUTE_BIT, module=module, pName="train")
        flags = VK_PIPELINE_CREATE_CAPTURE_STATISTICS_BIT_KHR | VK_PIPELINE_CREATE_CAPTURE_INTERNAL_REPRESENTATIONS_BIT_KHR
        info = VkComputePipelineCreateInfo(flags=flags, stage=stage, layout=self.layout)
        pipeline = vkCreateComputePipelines(self.device, VK_NULL_HANDLE, 1, [info], None)[0]
        statistics = self.statistics_of(self.device, VkPipelineExecutableInfoKHR(pipeline=pipeline, executableIndex=0))
        return {text(own.name): own.value.u64 for own in statistics}, self.assembly(pipeline)

    def assembly(self, pipeline):
        info = ffi.new("VkPipelineExecutableInfoKHR*", {"sType": VK_STRUCTURE_TYPE_PIPELINE_EXECUTABLE_INFO_KHR, "pipeline": pipeline})
        count = ffi.new("uint32_t*")
        self.representations_of(self.device, info, count, ffi.NULL)
        forms = ffi.new("VkPipelineExecutableInternalRepresentationKHR[]", count[0])
        for form in forms:
            form.sType = VK_STRUCTURE_TYPE_PIPELINE_EXECUTABLE_INTERNAL_REPRESENTATION_KHR
        self.representations_of(self.device, info, count, forms)
        buffers = [ffi.new("char[]", form.dataSize) for form in forms]
        for form, buffer in zip(forms, buffers):
            form.pData = buffer
        self.representations_of(self.device, info, count, forms)
        return next(text(buffer) for form, buffer in zip(forms, buffers) if text(form.name) == "Assembly")


def text(value):
    return value if isinstance(value, str) else ffi.string(value).decode()


def inner_loops(assembly):
    """All instructions, and vector instructions, of each loop that contains no other loop."""
    instructions, labels = [], {}
    for line in assembly.splitlines():
        if label := re.match(r"\s*(BB\d+):", line):
            labels[label[1]] = len(instructions)
        elif re.match(r"[sv]_|buffer_|global_|ds_", line.strip()):
            instructions.append(line.strip())
    loops = []
    for end, line in enumerate(instructions):
        branch = re.match(r"s_c?branch\w*\s+(BB\d+)", line)
        if branch and labels.get(branch[1], end + 1) <= end:
            loops.append((labels[branch[1]], end))
    inner = [one for one in loops if not any(other != one and other[0] >= one[0] and other[1] <= one[1] for other in loops)]
    return [(end - begin + 1, sum(line.startswith("v_") for line in instructions[begin:end + 1])) for begin, end in inner]


def hot_loop(loops, steps_per_turn):
    """The loop of a step that is not tested for divergence, or of a row: the first, which is unrolled, or from rows the second."""
    return max(loops[:2], key=lambda loop: loop[1]) if steps_per_turn > 1 else loops[0]


def main():
    compiler = Compiler()
    print(f"{compiler.name}\n\n| module | version | instructions per step or row | of these vector | vector registers | instructions in total |\n|---|---|--:|--:|--:|--:|")
    for path in sorted(Path(sys.argv[1]).glob("*.spv")):
        name, version, _ = path.name.split(".")
        statistics, assembly = compiler.compile(path)
        steps = STEPS_PER_TURN[version]
        loops = inner_loops(assembly)
        if name.endswith("mae"):
            # The first loop sums all training rows before the first step, without a gradient.
            loops = loops[2:] if steps > 1 else loops[1:]
        count, vector = hot_loop(loops, steps)
        print(f"| {name} | {version} | {count / steps:.1f} | {vector / steps:.1f} | {statistics['VGPRs']} | {statistics['Instructions']} |")


if __name__ == "__main__":
    main()
