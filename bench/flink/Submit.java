import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.apache.beam.model.pipeline.v1.RunnerApi.Pipeline;
import org.apache.beam.runners.fnexecution.provisioning.JobInfo;
import org.apache.beam.runners.flink.FlinkBatchPortablePipelineTranslator;
import org.apache.beam.runners.flink.FlinkPipelineOptions;
import org.apache.beam.sdk.util.construction.PipelineOptionsTranslation;

/** Has Beam translate one batch pipeline for Flink, and runs it on a cluster to its end. */
public final class Submit {
  /** Takes the pipeline (a file, as Beam serialises it), its options (JSON) and HOST:PORT of the cluster. */
  public static void main(String[] args) throws Exception {
    var pipeline = Pipeline.parseFrom(Files.readAllBytes(Path.of(args[0])));
    var options =
        PipelineOptionsTranslation.fromJson(Files.readString(Path.of(args[1])))
            .as(FlinkPipelineOptions.class);
    options.setFlinkMaster(args[2]);
    var name = options.getJobName();
    var job = JobInfo.create(name, name, "", PipelineOptionsTranslation.toProto(options));
    var translator = FlinkBatchPortablePipelineTranslator.createTranslator();
    // The cluster has these classes already, so that no file has to be sent there.
    var context = translator.createTranslationContext(job, options, null, List.of());
    translator.translate(context, translator.prepareForTranslation(pipeline)).execute(name);
  }
}
